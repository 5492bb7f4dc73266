"""ONNX files of strangers: what can't be run, lies or reaches for other files is refused by name."""

import numpy as np
import pytest

from quarrydb.errors import SourceError
from quarrydb.inference.import_model import import_model
from quarrydb.inference.record import ModelRecord, read_record

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
from quarrydb.inference import onnx_bounds  # noqa: E402
from quarrydb.inference.onnx_model import load_onnx, runner  # noqa: E402

WEIGHTS = onnx.numpy_helper.from_array(np.ones((2, 3, 4, 4), np.float32), "w")
CONVOLUTION = onnx.helper.make_node("Conv", ["x", "w"], ["y"], strides=[4, 4])
LOCATION, ELSEWHERE = b"\x0a\x08location", b"../../../elsewhere"
RECORD = ModelRecord(
    name="m",
    bands=("red", "green", "blue"),
    scale=1.0,
    mean=(0.0,) * 3,
    std=(1.0,) * 3,
    chip_px=64,
    decoder_channels=1,
    licence="CC0-1.0",
)


def model(*nodes, weights=WEIGHTS, functions=(), domains=()):
    """An ONNX model of one image ``x`` to ``y``."""
    graph = onnx.helper.make_graph(
        nodes,
        "graph",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, (1, 3, 64, 64))],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
        initializer=[weights, onnx.numpy_helper.from_array(np.float32(50), "fifty")],
    )
    versions = [("", 17), *((domain, 1) for domain in domains)]
    opsets = [onnx.helper.make_opsetid(*version) for version in versions]
    made = onnx.helper.make_model(graph, opset_imports=opsets, functions=functions, ir_version=9)
    return made.SerializeToString()


def sized(*dims):
    """Weights of a shape that no values fill."""
    tensor = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT)
    tensor.dims.extend(dims)
    return tensor


def external():
    """Weights that lie in a file elsewhere."""
    tensor = onnx.TensorProto()
    tensor.CopyFrom(WEIGHTS)
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", ELSEWHERE.decode()
    return tensor


def in_function(tensor):
    """A model whose one node is a function of its own that holds ``tensor``."""
    constant = onnx.helper.make_node("Constant", [], ["w"], value=tensor)
    function = onnx.helper.make_function(
        "own", "F", ["x"], ["y"], [constant, CONVOLUTION], [onnx.helper.make_opsetid("", 17)]
    )
    call = onnx.helper.make_node("F", ["x"], ["y"], domain="own")
    return model(call, functions=[function], domains=["own"])


def logarithm_of(*difference):
    """A model that takes the logarithm of a difference: NaN where that is below zero."""
    subtract = onnx.helper.make_node("Sub", difference, ["d"])
    logarithm = onnx.helper.make_node("Log", ["d"], ["l"])
    last = onnx.helper.make_node("Conv", ["l", "w"], ["y"], strides=[4, 4])
    return model(subtract, logarithm, last)


def swapped(content):
    """The same message with key and value of an entry in the other order, as protobuf allows."""
    value = b"\x12" + bytes([len(ELSEWHERE)]) + ELSEWHERE
    assert LOCATION + value in content
    return content.replace(LOCATION + value, value + LOCATION)


HOSTILE = {
    "an operator of its own": (
        model(onnx.helper.make_node("Foo", ["x"], ["y"], domain="own"), domains=["own"]),
        "can't be run",
    ),
    "an unknown operator": (model(onnx.helper.make_node("Foo", ["x"], ["y"])), "can't be run"),
    "weights of 2 TB": (model(CONVOLUTION, weights=sized(2, 3, 2**20, 2**20)), "reshape"),
    "a negative size": (model(CONVOLUTION, weights=sized(-1, 3, 4, 4)), "can't be run"),
    "nothing": (b"", "no graph"),
    "half a file": (model(CONVOLUTION)[:-40], "can't be read as an ONNX model"),
    "weights elsewhere": (model(CONVOLUTION, weights=external()), "lie in another file"),
    "weights elsewhere, swapped": (
        swapped(model(CONVOLUTION, weights=external())),
        "lie in another file",
    ),
    "weights elsewhere in a function": (in_function(external()), "lie in another file"),
    "NaN in a function": (
        in_function(onnx.numpy_helper.from_array(np.full((2, 3, 4, 4), np.nan, np.float32), "w")),
        "weights w hold NaN",
    ),
    "NaN of dark pixels": (logarithm_of("x", "fifty"), "NaN or infinite values for an image"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_by_name(tmp_path, kind):
    content, said = HOSTILE[kind]
    path = tmp_path / "foreign.onnx"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=said) as refused:
        import_model(path, tmp_path / "m", RECORD)
    assert str(path) in str(refused.value)
    assert not (tmp_path / "m").exists()


def test_a_folder_of_that_name_is_no_model(tmp_path):
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(SourceError, match="no file"):
        import_model(tmp_path / "folder.onnx", tmp_path / "m", RECORD)


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("order", [bytes, swapped])
def test_no_runtime_opens_a_file_beside_the_model(tmp_path, runtime, order):
    """A model folder that somebody sent was never imported here."""
    path = tmp_path / "model.onnx"
    path.write_bytes(order(model(CONVOLUTION, weights=external())))
    with pytest.raises(SourceError, match="in another file"):
        runner(path, 64, runtime)


def test_a_model_that_fails_on_bright_ground_alone_says_so_when_it_does(tmp_path):
    """Every pixel below 50 is mapped, so that the import is right to take it."""
    torch = pytest.importorskip("torch")
    path = tmp_path / "bright.onnx"
    path.write_bytes(logarithm_of("fifty", "x"))
    import_model(path, tmp_path / "m", RECORD)
    network = load_onnx(tmp_path / "m", read_record(tmp_path / "m"), "onnxruntime")
    assert torch.isfinite(network(torch.zeros(1, 3, 64, 64))).all()
    with pytest.raises(SourceError, match="NaN or infinite values for an image"):
        network(torch.full((1, 3, 64, 64), 60.0))


def constant(name, values):
    """A node that holds ``values``."""
    return onnx.helper.make_node(
        "Constant", [], [name], value=onnx.numpy_helper.from_array(np.array(values), name)
    )


def repeated(node, times):
    """A model that does ``node`` to its image again and again, in a loop."""
    info = onnx.helper.make_tensor_value_info
    goes_on = onnx.helper.make_node("Identity", ["on"], ["still"])
    inputs = [info("i", 7, []), info("on", 9, []), info("v", 1, None)]
    body = onnx.helper.make_graph(
        [goes_on, node], "b", inputs, [info("still", 9, []), info("w2", 1, None)]
    )
    loop = onnx.helper.make_node("Loop", ["n", "yes", "x"], ["y"], body=body)
    return model(constant("n", np.int64(times)), constant("yes", np.bool_(True)), loop)


def of_size(*nodes):
    """A model that adds the mean of something of the size ``s`` to its image."""
    mean = onnx.helper.make_node("ReduceMean", ["b"], ["m"], keepdims=0)
    return model(*nodes, mean, onnx.helper.make_node("Add", ["x", "m"], ["y"]))


BIG = np.array([4 * 10**8], np.int64)
BRIGHTNESS = [
    onnx.helper.make_node("ReduceMax", ["x"], ["top"], keepdims=0),
    constant("million", np.float32(1e9)),
    onnx.helper.make_node("Add", ["top", "million"], ["sum"]),
    onnx.helper.make_node("Cast", ["sum"], ["whole"], to=onnx.TensorProto.INT64),
    constant("axis", np.array([0], np.int64)),
    onnx.helper.make_node("Unsqueeze", ["whole", "axis"], ["s"]),
]
ENDLESS = {
    "memory of a constant": of_size(
        constant("s", BIG), onnx.helper.make_node("ConstantOfShape", ["s"], ["b"])
    ),
    "memory as pixels say": of_size(
        *BRIGHTNESS, onnx.helper.make_node("ConstantOfShape", ["s"], ["b"])
    ),
    "memory of a loop that doubles": repeated(
        onnx.helper.make_node("Concat", ["v", "v"], ["w2"], axis=2), 40
    ),
    "time of a loop without an end": repeated(onnx.helper.make_node("Abs", ["v"], ["w2"]), 2**62),
    "text": model(
        onnx.helper.make_node("Cast", ["x"], ["t"], to=onnx.TensorProto.STRING), CONVOLUTION
    ),
}
SAID = {
    "onnxruntime": r"more than 200 MB of memory|ran for more than 0\.2 s|works with text",
    "openvino": r"more than 200 MB of memory|only a run tells",
}


STOPPED = [(kind, runtime) for kind in ENDLESS for runtime in SAID]
STOPPED.remove(("text", "openvino"))  # which leaves out what nobody asks for


@pytest.mark.parametrize(("kind", "runtime"), STOPPED)
def test_a_model_without_bounds_is_stopped(tmp_path, monkeypatch, kind, runtime):
    """Nobody imported it here: its folder was sent."""
    pytest.importorskip(runtime)
    monkeypatch.setenv("QUARRY_READ_MEMORY", "200MB")
    monkeypatch.setattr(onnx_bounds, "RUN_SECONDS", 0.2)
    path = tmp_path / "endless.onnx"
    path.write_bytes(ENDLESS[kind])
    image = np.zeros((1, 3, 64, 64), np.float32)
    with pytest.raises(SourceError, match=SAID[runtime]) as stopped:
        runner(path, 64, runtime)(image)
    assert str(path) in str(stopped.value)


@pytest.mark.parametrize("runtime", SAID)
def test_a_model_that_takes_little_runs_beside_them(tmp_path, monkeypatch, runtime):
    pytest.importorskip(runtime)
    monkeypatch.setenv("QUARRY_READ_MEMORY", "200MB")
    path = tmp_path / "small.onnx"
    path.write_bytes(repeated(onnx.helper.make_node("Abs", ["v"], ["w2"]), 3))
    if runtime == "openvino":
        path.write_bytes(model(CONVOLUTION))
    image = np.full((1, 3, 64, 64), -1, np.float32)
    found = runner(path, 64, runtime)(image)
    assert found.shape in ((1, 3, 64, 64), (1, 2, 16, 16))
