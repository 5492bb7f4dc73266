"""Models of others: the logits of their own runtime, and what can't be taken is said."""

import os

import numpy as np
import pytest

from quarrydb.errors import SourceError

torch = pytest.importorskip("torch")

from quarrydb.inference.dialect import DIALECTS  # noqa: E402
from quarrydb.inference.import_model import (  # noqa: E402
    encoder_of,
    folder_defaults,
    import_model,
    with_bands,
)
from quarrydb.inference.model import build_network, load_network, mine_logit  # noqa: E402
from quarrydb.inference.onnx_model import load_onnx  # noqa: E402
from quarrydb.inference.predict import PredictSettings, load_predictor  # noqa: E402
from quarrydb.inference.record import read_record  # noqa: E402

from .mmseg_reference import Segmentor, shake  # noqa: E402
from .test_model import record  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    """A small SegFormer of transformers with two classes, and its folder."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(4)
    config = transformers.SegformerConfig(
        hidden_sizes=[16, 32, 64, 96],
        depths=[1, 2, 1, 1],
        num_attention_heads=[1, 2, 4, 6],
        decoder_hidden_size=48,
        id2label={0: "forest", 1: "mine", 2: "water"},
    )
    network = shake(transformers.SegformerForSemanticSegmentation(config))
    folder = tmp_path_factory.mktemp("stock")
    network.save_pretrained(folder)
    return network, folder


THREE = {"classes": ("forest", "mine", "water")}


def test_a_folder_of_transformers_gives_its_logits(stock, tmp_path):
    network, folder = stock
    written = import_model(folder, tmp_path / "m", record(**THREE))
    image = torch.randn(2, 3, 64, 96)
    with torch.inference_mode():
        expected = network(image).logits
        found = load_network(tmp_path / "m")[0](image)
    assert float(expected.std()) > 0.01
    assert float((found - expected).abs().max()) < 1e-5
    assert written.classes == THREE["classes"]
    assert folder_defaults(folder)["classes"] == list(THREE["classes"])


def test_files_of_a_model_can_be_read_by_everybody(stock, tmp_path):
    before = os.umask(0o022)
    try:
        import_model(stock[1], tmp_path / "m", record(**THREE))
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "m").iterdir()} == {0o644}


def in_naming(network, title):
    """The weights of a network of ours in another naming, parts put together again."""
    dialect = next(d for d in DIALECTS if d.title == title)
    places = [(network.encoder, dialect.encoder, "backbone."), (network.head, dialect.head, "")]
    pieces = {}
    for module, origin_of, prefix in places:
        for name, value in module.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            origin = origin_of(name)
            pieces.setdefault((prefix + origin.name, origin.axis), {})[origin.part] = value
    return {
        name: torch.cat([parts[i] for i in sorted(parts)], axis)
        for (name, axis), parts in pieces.items()
    }


def test_the_original_naming_is_known_by_names_of_its_code(tmp_path):
    """Some names as github.com/NVlabs/SegFormer prints them; the decode head's unused layer is no error."""
    network = shake(build_network("b0", n_bands=3))
    state = in_naming(network, "the original SegFormer")
    for name in (
        "backbone.patch_embed1.proj.weight",
        "backbone.block2.1.attn.kv.weight",
        "backbone.block3.0.mlp.dwconv.dwconv.bias",
        "backbone.norm4.weight",
        "decode_head.linear_c1.proj.weight",
        "decode_head.linear_fuse.bn.running_mean",
        "decode_head.linear_pred.bias",
    ):
        assert name in state
    assert state["backbone.block1.0.attn.kv.weight"].shape == (64, 32)
    state["decode_head.conv_seg.weight"] = torch.zeros(2, 256, 1, 1)
    torch.save({"state_dict": state}, tmp_path / "iter.pth")
    import_model(tmp_path / "iter.pth", tmp_path / "m", record())
    loaded, read = load_network(tmp_path / "m")
    assert read.layer_norm_eps == 1e-6
    image = torch.randn(1, 3, 64, 64)
    from quarrydb.inference.model import set_layer_norm_eps

    set_layer_norm_eps(network, 1e-6)
    with torch.inference_mode():
        assert torch.allclose(loaded(image), network(image), atol=1e-5)


@pytest.mark.parametrize("wrapper", ["module.", "_orig_mod.module.", "model."])
def test_wrappers_of_training_are_taken_off(tmp_path, wrapper):
    network = shake(Segmentor())
    state = {f"{wrapper}{key}": value for key, value in network.state_dict().items()}
    torch.save({"state_dict": state}, tmp_path / "iter.pth")
    import_model(tmp_path / "iter.pth", tmp_path / "m", record())
    image = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.allclose(load_network(tmp_path / "m")[0](image), network(image), atol=1e-4)


def test_weights_that_are_no_numbers_are_refused_by_name(tmp_path):
    state = Segmentor().state_dict()
    state["decode_head.conv_seg.weight"][0, 0] = float("nan")
    torch.save({"state_dict": state}, tmp_path / "iter.pth")
    with pytest.raises(SourceError, match=r"decode_head\.conv_seg\.weight holds NaN"):
        import_model(tmp_path / "iter.pth", tmp_path / "m", record())
    assert not (tmp_path / "m").exists()


def test_an_encoder_alone_is_the_start_of_a_training(stock, tmp_path):
    transformers = pytest.importorskip("transformers")
    network, _ = stock
    transformers.SegformerForImageClassification(network.config).save_pretrained(tmp_path)
    with pytest.raises(SourceError, match="--start-from"):
        import_model(tmp_path, tmp_path / "m", record(**THREE))
    encoder, eps = encoder_of(tmp_path, 3)
    assert eps == 1e-5
    assert encoder.config.depths == (1, 2, 1, 1)
    grey = torch.rand(1, 1, 64, 64)
    more = with_bands(encoder.eval(), 4).eval()
    with torch.inference_mode():
        one, other = encoder(grey.repeat(1, 3, 1, 1)), more(grey.repeat(1, 4, 1, 1))
    assert all(torch.allclose(a, b, atol=1e-4) for a, b in zip(one, other, strict=True))


def test_training_starts_from_an_encoder(chip_folder, tmp_path):
    """One epoch; the wrong size is said with the right one."""
    transformers = pytest.importorskip("transformers")
    from quarrydb.inference.train import NewModel, TrainSettings, train
    from quarrydb.inference.training_data import read_chip_table

    from .conftest import BANDS, CHIP_PX

    config = transformers.SegformerConfig(depths=[1, 1, 1, 1])
    transformers.SegformerModel(config).save_pretrained(tmp_path / "mit")
    settings = {"epochs": 1, "batch_size": 8, "crop_px": CHIP_PX}
    new = NewModel("started", BANDS, "CC0-1.0", chip_px=CHIP_PX, scale=10_000)
    chips = read_chip_table(chip_folder)[:8] + read_chip_table(chip_folder)[-4:]
    with pytest.raises(SourceError, match="Take --size b0"):
        train(
            chips,
            tmp_path / "a",
            new,
            TrainSettings("tiny", **settings),
            start_from=tmp_path / "mit",
        )
    train(chips, tmp_path / "b", new, TrainSettings("b0", **settings), start_from=tmp_path / "mit")
    network, read = load_network(tmp_path / "b" / "model")
    assert network.encoder.config.depths == (1, 1, 1, 1)
    assert read.bands == BANDS


class PixelModel(torch.nn.Module):
    """A small network of another kind: classes of every pixel, as logits or as probabilities."""

    def __init__(self, n_bands, n_classes, *, probability=False):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(n_bands, 8, 3, padding=1),
            torch.nn.ReLU(),
            torch.nn.Conv2d(8, n_classes, 1),
        )
        self.probability = probability

    def forward(self, image):
        logits = self.layers(image)
        return logits.softmax(1) if self.probability else logits


def export(network, path, n_bands, side=64):
    torch.onnx.export(
        network.eval(),
        torch.zeros(1, n_bands, side, side),
        str(path),
        dynamo=False,
        dynamic_axes={"image": [0, 2, 3], "logits": [0, 2, 3]},
        input_names=["image"],
        output_names=["logits"],
    )
    return path


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("probability", [False, True])
def test_an_onnx_file_gives_what_its_network_gives(tmp_path, runtime, probability):
    pytest.importorskip("onnx")
    pytest.importorskip(runtime)
    torch.manual_seed(5)
    network = PixelModel(3, 2, probability=probability)
    path = export(network, tmp_path / "any.onnx", 3)
    output = "probability" if probability else "logits"
    written = import_model(path, tmp_path / "m", record(chip_px=64, output=output))
    assert written.kind == "onnx"
    loaded = load_onnx(tmp_path / "m", read_record(tmp_path / "m"), runtime)
    images = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        logits = network.layers(images)
        found = mine_logit(loaded(images), written)
        expected = logits[:, 1] - logits[:, 0]
    assert float((found - expected).abs().max()) < 1e-5


def test_an_onnx_model_predicts_pixel_by_pixel(tmp_path, scenes):
    """Stride 1: the probability of a site's pixels, stored and outlined as any other."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from quarrydb.inference.predict import predict
    from quarrydb.inference.probability import field_of
    from quarrydb.inference.shaping import Shape, polygons_of
    from quarrydb.store.shards import Store

    from .test_predict import site_years, stored

    network = PixelModel(4, 2)
    with torch.no_grad():  # red above the scene's middle is a mine
        for layer in (network.layers[0], network.layers[2]):
            layer.weight.zero_()
            layer.bias.zero_()
        network.layers[0].weight[0, 2, 1, 1] = 1.0
        network.layers[2].weight[1, 0, 0, 0] = 5.0
        network.layers[2].bias[1] = -2.0
    path = export(network, tmp_path / "red.onnx", 4)
    fields = {"bands": ("blue", "green", "red", "nir"), "mean": (0,) * 4, "std": (1000,) * 4}
    import_model(path, tmp_path / "m", record(chip_px=64, **fields))
    items = site_years(scenes[0])[:2]
    (outcome,) = predict(items, Store(tmp_path), PredictSettings(tmp_path / "m"))
    assert outcome.n_done == 2
    found = field_of(stored(Store(tmp_path))[0])
    assert found.cell_px == 1
    assert polygons_of(found, 0.5, Shape((0.5,)))
    with pytest.raises(SourceError, match="--device cpu"):
        list(predict(items, Store(tmp_path), PredictSettings(tmp_path / "m", device="cuda")))


def hidden_weights(path):
    import onnx

    onnx.save_model(
        onnx.load(str(path)), str(path), save_as_external_data=True, size_threshold=0, location="w"
    )


def bad_weights(path):
    import onnx

    model = onnx.load(str(path))
    weights = model.graph.initializer[0]
    values = onnx.numpy_helper.to_array(weights).copy()
    values.flat[0] = np.inf
    weights.CopyFrom(onnx.numpy_helper.from_array(values, weights.name))
    onnx.save_model(model, str(path))


@pytest.mark.parametrize(
    ("change", "fields", "said"),
    [
        (hidden_weights, {}, "in another file"),
        (bad_weights, {}, "NaN or infinite"),
        (lambda path: path.write_bytes(path.read_bytes()[:200]), {}, "can't be read as an ONNX"),
        (None, {"bands": ("a",), "mean": (0,), "std": (1,)}, "does not take 1 bands"),
        (None, {"classes": ("a", "b", "c")}, "3 classes"),
        (None, {"output": "probability"}, "no probabilities"),
    ],
)
def test_an_onnx_file_that_does_not_fit_is_refused(tmp_path, change, fields, said):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    network = PixelModel(3, 2)
    with torch.no_grad():
        network.layers[2].bias.fill_(3.0)
    path = export(network, tmp_path / "any.onnx", 3)
    if change:
        change(path)
    with pytest.raises(SourceError, match=said):
        import_model(path, tmp_path / "m", record(chip_px=64, **fields))
    assert not (tmp_path / "m").exists()


def test_one_model_serves_several_sensors(tmp_path):
    """Other names of bands and another scale: the same normalised image, so the same result."""
    from quarrydb.inference.model import normalise, save_network

    sensor = {
        "bands": ("B04", "B03", "B02"),
        "scale": 10_000,
        "mean": (0.1,) * 3,
        "std": (0.05,) * 3,
    }
    fields = record(mean=(25.5,) * 3, std=(12.75,) * 3, sensors={"sentinel-2": sensor})
    save_network(build_network("tiny", n_bands=3), tmp_path, fields)
    own = load_predictor(PredictSettings(tmp_path)).record
    other = load_predictor(PredictSettings(tmp_path, sensor="sentinel-2")).record
    assert other.bands == ("B04", "B03", "B02")
    image = torch.rand(1, 3, 4, 4)
    assert torch.allclose(normalise(image * 255, own), normalise(image * 10_000, other), atol=1e-5)
    with pytest.raises(SourceError, match="knows sentinel-2, not landsat"):
        load_predictor(PredictSettings(tmp_path, sensor="landsat"))
