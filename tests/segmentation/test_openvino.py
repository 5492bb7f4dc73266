"""OpenVINO gives torch's logits and polygons, converts once, and says where it can't run."""

import pytest

from quarrydb.errors import MissingExtraError, SourceError
from quarrydb.inference import extras
from quarrydb.inference.predict import PredictSettings, predict, with_graph
from quarrydb.inference.probability import field_of
from quarrydb.inference.run import pick_device, pick_engine
from quarrydb.store.shards import Store

from .test_predict import site_years, stored

torch = pytest.importorskip("torch")
openvino = pytest.importorskip("openvino", reason="the extra openvino is not installed")


@pytest.mark.slow
@pytest.mark.parametrize("has_stage_activation", [False, True])
def test_logits_are_those_of_torch(tmp_path, has_stage_activation):
    from quarrydb.inference.model import build_network, load_network, save_network
    from quarrydb.inference.openvino_engine import converted_model, load_converted

    from .mmseg_reference import shake
    from .test_model import record

    torch.manual_seed(3)
    network = shake(build_network("b0", n_bands=3, has_stage_activation=has_stage_activation))
    written = record(decoder_channels=256, chip_px=96, has_stage_activation=has_stage_activation)
    save_network(network, tmp_path / "model", written)
    images = torch.randn(2, 3, 96, 96)
    with torch.inference_mode():
        expected = load_network(tmp_path / "model")[0](images)
    graph = converted_model(tmp_path / "model", Store(tmp_path))
    found = load_converted(graph)(images)
    assert found.shape == expected.shape
    assert float(expected.std()) > 0.01
    assert float((found - expected).abs().max()) < 1e-3
    assert not list(graph.parent.glob(".*"))


@pytest.mark.slow
def test_probabilities_are_those_of_torch_and_the_model_is_converted_once(
    tmp_path, scenes, untrained
):
    items = site_years(scenes[0])[:4]
    rows = {}
    for engine, batch_size in (("torch", 1), ("openvino", 3)):
        store = Store(tmp_path / engine)
        settings = PredictSettings(untrained, engine=engine, batch_size=batch_size)
        list(predict(items, store, settings))
        rows[engine] = {row["key"]: row for row in stored(store)}
    assert rows["torch"].keys() == rows["openvino"].keys()
    for key, row in rows["torch"].items():
        one, other = field_of(row).logits, field_of(rows["openvino"][key]).logits
        # A value between two of the stored steps may go to either.
        assert one == pytest.approx(other, rel=0.04, abs=0.03)
        assert (one == other).mean() > 0.95
    graph = with_graph(settings, store).graph
    first = graph.stat().st_mtime_ns
    assert with_graph(settings, store).graph.stat().st_mtime_ns == first


@pytest.mark.slow
def test_workers_load_the_converted_model(tmp_path, scenes, untrained):
    items = site_years(scenes[0])[:4]
    settings = PredictSettings(untrained, engine="openvino")
    outcomes = list(predict(items, Store(tmp_path), settings, workers=2, shard_rows=2))
    assert sum(outcome.n_done for outcome in outcomes) == 4


def test_openvino_runs_on_the_cpu(tmp_path, untrained):
    assert pick_device("auto", "openvino") == "cpu"
    with pytest.raises(SourceError, match="--device cpu"):
        with_graph(PredictSettings(untrained, engine="openvino", device="cuda"), Store(tmp_path))


def test_unknown_engine_is_refused():
    with pytest.raises(SourceError, match="torch or openvino"):
        pick_engine("onnx")


def test_missing_openvino_names_its_extra(monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(extras, "import_module", absent)
    with pytest.raises(MissingExtraError, match=r"quarrydb\[openvino\]"):
        pick_engine("openvino")
