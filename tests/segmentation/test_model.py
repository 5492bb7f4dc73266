"""The rewritten head equals transformers' own, and imported checkpoints equal a reference."""

import json
import pickle
from pathlib import Path

import pytest

from quarrydb.errors import MissingExtraError, SourceError
from quarrydb.inference import extras
from quarrydb.inference.record import ModelRecord, read_record
from quarrydb.inference.restricted_pickle import unpickle_weights

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from quarrydb.inference.dialect import dialect_of  # noqa: E402
from quarrydb.inference.import_model import encoder_shape, import_model, network_of  # noqa: E402
from quarrydb.inference.model import (  # noqa: E402
    build_network,
    fold,
    load_network,
    mine_logit,
    normalise,
    save_network,
)

from .mmseg_reference import Segmentor, shake  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def record(**changes):
    fields = {
        "name": "test",
        "bands": ("red", "green", "blue"),
        "mean": (0.0, 0.0, 0.0),
        "std": (1.0, 1.0, 1.0),
        "decoder_channels": 64,
        "licence": "CC0-1.0",
    }
    return ModelRecord(**{**fields, **changes})


def stock_and_ours(size, folder):
    """transformers' SegFormer and ours with the same weights, the encoder through our files."""
    torch.manual_seed(1)
    ours = shake(build_network(size, n_bands=3))
    save_network(ours, folder, record(decoder_channels=ours.encoder.config.decoder_hidden_size))
    stock = transformers.SegformerForSemanticSegmentation.from_pretrained(folder).eval()
    encoder, info = transformers.SegformerModel.from_pretrained(folder, output_loading_info=True)
    assert not any(info.values())
    stock.segformer.load_state_dict(encoder.state_dict())
    head, width = stock.decode_head, ours.encoder.config.decoder_hidden_size
    for stage in range(4):
        linear = head.linear_projections[stage].proj
        linear.weight.data = ours.head.project[stage].weight.data[:, :, 0, 0]
        linear.bias.data = ours.head.project[stage].bias.data
        start = (3 - stage) * width  # transformers concatenates the last stage first
        head.linear_fuse.weight.data[:, start : start + width] = ours.head.fuse[stage].weight.data
    head.batch_norm.load_state_dict(ours.head.norm.state_dict())
    head.classifier.load_state_dict(ours.head.classify.state_dict())
    return stock, ours


@pytest.mark.parametrize("size", ["tiny", "b0"])
def test_network_gives_the_stock_logits_and_gradients(size, tmp_path):
    stock, ours = stock_and_ours(size, tmp_path)
    image = torch.randn(2, 3, 64, 96)
    with torch.no_grad():
        theirs = stock.segformer(image, output_hidden_states=True).hidden_states
        for mine, other in zip(ours.encoder(image), theirs, strict=True):
            assert torch.allclose(mine, other, atol=1e-5)
    expected = stock(image).logits
    assert torch.allclose(ours(image), expected, atol=1e-5)
    assert torch.allclose(fold(ours)(image), expected, atol=1e-5)
    expected.sum().backward()
    ours(image).sum().backward()
    theirs = stock.segformer.stages[0].patch_embeddings.proj.weight.grad
    mine = ours.encoder.encoder.patch_embeddings[0].proj.weight.grad
    assert torch.allclose(mine, theirs, rtol=1e-3, atol=1e-4 * float(theirs.abs().max()))


def test_saved_network_loads_to_the_same_logits(tmp_path):
    network = shake(build_network("tiny", n_bands=3))
    written = save_network(network, tmp_path / "m", record())
    loaded, read = load_network(tmp_path / "m")
    image = torch.randn(1, 3, 64, 64)
    assert torch.allclose(loaded(image), network(image), atol=1e-5)
    assert read == written
    assert read.model_id == written.model_id


def test_sigmoid_of_mine_logit_is_the_softmax():
    logits = torch.randn(2, 3, 4, 4)
    three = record(classes=("a", "b", "mine"), mine_class=2)
    expected = logits.softmax(dim=1)[:, 2]
    assert torch.allclose(torch.sigmoid(mine_logit(logits, three)), expected, atol=1e-6)


def test_no_data_becomes_the_mean():
    pixels = torch.full((1, 3, 2, 2), float("nan"))
    assert (normalise(pixels, record(mean=(5.0, 5.0, 5.0))) == 0).all()


def save_checkpoint(path, network, **extra):
    torch.save({"state_dict": network.state_dict(), "meta": {"epoch": 1}, **extra}, path)


@pytest.mark.parametrize("bands", [3, 4])
def test_imported_checkpoint_equals_the_reference(tmp_path, bands):
    reference = shake(Segmentor(bands=bands))
    save_checkpoint(tmp_path / "iter.pth", reference)
    names = ("red", "green", "blue", "nir")[:bands]
    wanted = record(bands=names, mean=(0.0,) * bands, std=(1.0,) * bands)
    import_model(tmp_path / "iter.pth", tmp_path / "m", wanted)
    network, read = load_network(tmp_path / "m")
    image = torch.randn(2, bands, 96, 64)
    with torch.no_grad():
        expected, got = reference(image), network(image)
    assert float((got - expected).abs().max()) < 1e-5 * max(1.0, float(expected.abs().max()))
    assert read.decoder_channels == 256
    assert read.layer_norm_eps == 1e-6


def test_dropping_the_stage_activation_would_be_wrong(tmp_path):
    """The test above can fail: without the ReLU the logits differ by far."""
    reference = shake(Segmentor())
    save_checkpoint(tmp_path / "iter.pth", reference)
    import_model(tmp_path / "iter.pth", tmp_path / "m", record())
    network, _ = load_network(tmp_path / "m", for_inference=False)
    network.eval()
    network.head.project_norm = torch.nn.ModuleList()
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert float((network(image) - reference(image)).abs().max()) > 0.1


@pytest.mark.parametrize(
    ("widths", "depths", "n_keys"),
    [((32, 64, 160, 256), (2, 2, 2, 2), 192), ((64, 128, 320, 512), (3, 6, 40, 3), 980)],
)
def test_every_key_is_mapped(widths, depths, n_keys):
    state = Segmentor(widths=widths, depths=depths).state_dict()
    assert len(state) == n_keys
    dialect, prefix = dialect_of(state)
    assert encoder_shape(state, dialect, prefix, None).depths == depths
    network_of(state)  # every key is used, or this is an error


@pytest.mark.parametrize("key", ["backbone.layers.0.1.0.norm1.bias", "decode_head.convs.0.bn.bias"])
def test_missing_key_is_an_error_that_names_it(tmp_path, key):
    state = Segmentor().state_dict()
    del state[key]
    torch.save({"state_dict": state}, tmp_path / "iter.pth")
    with pytest.raises(SourceError, match=f"lacks {key}"):
        import_model(tmp_path / "iter.pth", tmp_path / "m", record())


@pytest.mark.parametrize("key", ["backbone.surprise", "decode_head.surprise"])
def test_extra_key_is_an_error(tmp_path, key):
    state = Segmentor().state_dict()
    state[key] = torch.zeros(1)
    torch.save({"state_dict": state}, tmp_path / "iter.pth")
    with pytest.raises(SourceError, match="surprise"):
        import_model(tmp_path / "iter.pth", tmp_path / "m", record())


def test_wrong_number_of_classes_is_an_error(tmp_path):
    save_checkpoint(tmp_path / "iter.pth", Segmentor())
    three = record(classes=("a", "b", "c"))
    with pytest.raises(SourceError, match="2 classes"):
        import_model(tmp_path / "iter.pth", tmp_path / "m", three)


class Hostile:
    """What a pickle can do: run a command when it is read."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        import os

        return os.system, (f"touch {self.marker}",)


def test_pickled_code_does_not_run(tmp_path):
    marker = tmp_path / "was_here"
    save_checkpoint(tmp_path / "iter.pth", Segmentor(), hook=Hostile(marker))
    import_model(tmp_path / "iter.pth", tmp_path / "m", record())
    assert not marker.exists()


def test_plain_pickle_is_refused(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps({"state_dict": Hostile(tmp_path / "was_here")}))
    with pytest.raises(SourceError):
        unpickle_weights(path)
    with pytest.raises(SourceError, match="import-model"):
        load_network(path)
    assert not (tmp_path / "was_here").exists()


def test_changed_weights_are_refused(tmp_path):
    save_network(build_network("tiny", n_bands=3), tmp_path, record())
    with (tmp_path / "head.safetensors").open("ab") as file:
        file.write(b"x")
    with pytest.raises(SourceError, match="SHA-256"):
        load_network(tmp_path)


def test_record_of_other_bands_is_refused(tmp_path):
    save_network(build_network("tiny", n_bands=3), tmp_path, record())
    path = tmp_path / "model.json"
    fields = json.loads(path.read_text())
    fields.update(bands=["a", "b"], mean=[0, 0], std=[1, 1])
    path.write_text(json.dumps(fields))
    with pytest.raises(SourceError, match="takes 3 bands"):
        load_network(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "x"}', '{"licence": 3}'])
def test_broken_record_is_refused(tmp_path, text):
    (tmp_path / "model.json").write_text(text)
    with pytest.raises(SourceError, match="no model record"):
        read_record(tmp_path)


def test_missing_package_names_the_extra():
    with pytest.raises(MissingExtraError, match=r"quarrydb\[inference\]"):
        extras.require("contourpyx")


def test_import_command_writes_a_model_that_loads(tmp_path):
    from typer.testing import CliRunner

    from quarrydb.cli.app import app

    save_checkpoint(tmp_path / "iter.pth", shake(Segmentor(bands=4)))
    options = ["--bands", "red,green,blue,nir", "--mean", "1,2,3,4", "--std", "1,1,1,1"]
    arguments = ["import-model", str(tmp_path / "iter.pth"), "--out", str(tmp_path / "m"), *options]
    done = CliRunner().invoke(app, [*arguments, "--licence", "non-commercial"])
    assert done.exit_code == 0, done.output
    _, read = load_network(tmp_path / "m")
    assert read.mean == (1.0, 2.0, 3.0, 4.0)
    assert read.licence == "non-commercial"
    assert read.source == f"iter.pth; {dialect_of(Segmentor().state_dict())[0].note}"
    wrong = CliRunner().invoke(app, [*arguments, "--licence", "x", "--std", "1,0,1,1"])
    assert isinstance(wrong.exception, SourceError)


def test_shipped_model_loads_and_says_what_it_is():
    from quarrydb.inference.model import model_folder

    _, read = load_network(model_folder("demo"))
    assert read.licence == "CC0-1.0"
    assert read.bands == ("blue", "green", "red", "nir")
    assert read.metric["validation_mean_iou"] > 0.9


def test_a_folder_of_the_same_name_does_not_hide_a_shipped_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quarrydb.inference.model import SHIPPED_MODELS, model_folder

    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").mkdir()
    assert model_folder("demo") == SHIPPED_MODELS / "demo"
    (tmp_path / "demo" / "model.json").write_text("{}")
    assert model_folder("demo") == Path("demo")
    assert model_folder("elsewhere/demo") == Path("elsewhere/demo")
