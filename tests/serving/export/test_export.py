"""The exporter: what it writes, what it proves, what it refuses."""

import hashlib
import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import config_pb2, saved_model_pb2
from tensorflow_serving.apis import prediction_log_pb2

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.selectors.bilstm import BiLSTMSelector
from tf_dictsum.selectors.files import save_selector
from tf_dictsum.serving.config.version_folders import new_version
from tf_dictsum.serving.export.check import check_export, graph_nodes
from tf_dictsum.serving.export.saved_model import WARMUP_SHAPES, write_saved_model
from tf_dictsum.serving.server.servable import Servable
from tf_dictsum.serving.server.status import Code, ServingError
from tf_dictsum.serving.server.warmup import EXTRA, WARMUP_FILE, read_warmup, write_warmup
from tf_dictsum.util.errors import UserError

WIDTH, UNITS = 7, 5


def scorer_of(seed, bidirectional=True):
    return BiLSTMSelector(WIDTH, UNITS, Initializers(seed=seed), bidirectional, name="scorer")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run directory with one split in it."""
    run = tmp_path_factory.mktemp("run")
    (run / "config.flags").write_text("--method=dictsum\n--epochs=3\n")
    split = run / "split0-seed0"
    split.mkdir()
    scorer_of(2).save_weights(split / "selected.weights.h5")
    save_selector(scorer_of(1), split, {"method": "dictsum", "dataset": "demo", "epochs": 3})
    return split


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    """Version 1, written by the command."""
    folder = tmp_path_factory.mktemp("models") / "dictsum"
    done = export(
        f"--run_dir={trained}", f"--export_dir={folder}", "--feature_extractor=GoogLeNet pool5"
    )
    assert (done.returncode, done.stdout) == (0, f"{folder}/1\n")
    assert done.stderr == ""
    return folder


def export(*flags):
    return subprocess.run(
        [sys.executable, "-m", "tf_dictsum.export", *flags],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def raw_call(servable):
    """The signature without any check of ours, as TensorFlow Serving runs it."""
    definition = servable.signatures["serving_default"]
    names = [definition.inputs[alias].name for alias in ("features", "lengths")]
    options = config_pb2.CallableOptions(feed=names, fetch=[definition.outputs["scores"].name])
    call = servable._session._make_callable_from_options(options)
    return lambda features, lengths: call(
        np.asarray(features, np.float32), np.asarray(lengths, np.int32)
    )[0]


def test_what_is_written(exported):
    files = {str(p.relative_to(exported)) for p in exported.rglob("*") if p.is_file()}
    assert files >= {
        "1/saved_model.pb",
        "1/variables/variables.index",
        f"1/{EXTRA}/{WARMUP_FILE}",
        f"1/{EXTRA}/metadata.json",
    }
    assert not any("partial" in name for name in files)


def test_scores_are_the_trainers(exported, trained):
    servable = Servable(exported / "1")
    features = np.random.default_rng(0).random((1, 30, WIDTH), np.float32)
    found = servable.run(
        "serving_default", {"features": features, "lengths": np.array([30], np.int32)}, ["scores"]
    )
    np.testing.assert_allclose(found["scores"], scorer_of(1)(features), rtol=0, atol=1e-6)
    servable.close()


def test_the_graph_runs_anywhere(exported):
    proto = saved_model_pb2.SavedModel.FromString((exported / "1" / "saved_model.pb").read_bytes())
    nodes = list(graph_nodes(proto))
    assert len(nodes) > 100
    assert not [node.op for node in nodes if "Cudnn" in node.op]
    functions = [f for meta in proto.meta_graphs for f in meta.graph_def.library.function]
    assert functions
    assert not [x for x in (*nodes, *functions) if x.attr["_XlaMustCompile"].b]
    products = [node for node in nodes if node.op == "MatMul" and "while" in node.name.lower()]
    assert not any(
        "kernel" in name for node in products for name in node.input if "recurrent" not in name
    )


def test_signature(exported):
    signature = Servable(exported / "1").signatures["serving_default"]
    assert {
        n: (i.dtype, [d.size for d in i.tensor_shape.dim]) for n, i in signature.inputs.items()
    } == {
        "features": (types_pb2.DT_FLOAT, [-1, -1, WIDTH]),
        "lengths": (types_pb2.DT_INT32, [-1]),
    }
    assert {n: i.dtype for n, i in signature.outputs.items()} == {
        "scores": types_pb2.DT_FLOAT,
        "lengths": types_pb2.DT_INT32,
    }
    assert signature.method_name == "tensorflow/serving/predict"


@pytest.mark.parametrize(
    ("shape", "lengths"),
    [
        ((2, 4, WIDTH - 1), [4, 2]),
        ((2, WIDTH, WIDTH - 1), [4, 2]),
        ((2, WIDTH), [4, 2]),
        ((2, 4, WIDTH), [4]),
        ((2, 4, WIDTH), [4, 2, 1]),
    ],
)
def test_the_graph_itself_refuses_what_does_not_fit(exported, shape, lengths):
    """Optimizers of graphs drop checks that they think are idle (they did); a stock server has no
    others.
    """
    servable = Servable(exported / "1")
    call = raw_call(servable)
    assert call(np.ones((2, 4, WIDTH)), [4, 2]).shape == (2, 4)
    with pytest.raises(tf.errors.InvalidArgumentError):
        call(np.ones(shape), lengths)


def test_metadata(exported):
    found = json.loads((exported / "1" / EXTRA / "metadata.json").read_text())
    expected = {
        "method": "dictsum",
        "dataset": "demo",
        "feature_extractor": "GoogLeNet pool5",
        "sampling_fps": 2.0,
        "input_size": WIDTH,
    }
    assert expected.items() <= found.items()
    assert found["training_config"] == ["--method=dictsum", "--epochs=3"]
    assert found["weights"] == "model.weights.h5"
    assert set(found["sha256"]) >= {"saved_model.pb", f"{EXTRA}/{WARMUP_FILE}"}
    for name, digest in found["sha256"].items():
        assert hashlib.sha256((exported / "1" / name).read_bytes()).hexdigest() == digest


def test_warm_up_requests(exported):
    requests = list(read_warmup(exported / "1"))
    shapes = [tuple(d.size for d in r.inputs["features"].tensor_shape.dim) for r in requests]
    assert shapes == [(batch, time, WIDTH) for batch, time in WARMUP_SHAPES]
    assert {batch for batch, _ in WARMUP_SHAPES} == {1}  # fits every max_batch_size
    assert len({time for _, time in WARMUP_SHAPES}) > 3
    for request, (batch, time) in zip(requests, WARMUP_SHAPES, strict=True):
        assert tf.make_ndarray(request.inputs["lengths"]).tolist() == [time] * batch
        assert (request.model_spec.name, request.model_spec.signature_name) == (
            "dictsum",
            "serving_default",
        )


def test_warm_up_files_that_are_wrong(tmp_path):
    (tmp_path / EXTRA).mkdir()
    file = tmp_path / EXTRA / WARMUP_FILE
    assert list(read_warmup(tmp_path / "none")) == []
    file.write_bytes(b"not a TFRecord file at all")
    with pytest.raises(
        ServingError, match="Please verify your warmup data is in TFRecord format"
    ) as error:
        list(read_warmup(tmp_path))
    assert error.value.code == Code.DATA_LOSS
    write_warmup(file, "m", WIDTH, [(1, 1)] * 1001)
    with pytest.raises(ServingError, match="exceeds the maximum") as error:
        list(read_warmup(tmp_path))
    assert error.value.code == Code.INVALID_ARGUMENT
    with tf.io.TFRecordWriter(str(file)) as writer:
        writer.write(b"")
    assert list(read_warmup(tmp_path)) == []  # an empty log is passed over
    classify = prediction_log_pb2.PredictionLog()
    classify.classify_log.SetInParent()
    with tf.io.TFRecordWriter(str(file)) as writer:
        writer.write(classify.SerializeToString())
    with pytest.raises(ServingError, match=r"Expected one input Tensor\.") as error:
        list(read_warmup(tmp_path))
    assert error.value.code == Code.INVALID_ARGUMENT


def test_the_next_version_and_the_selected_epoch(exported, trained, tmp_path):
    folder = tmp_path / "dictsum"
    done = export(
        f"--run_dir={trained}", f"--export_dir={folder}", "--version=41", "--epoch=selected"
    )
    assert (done.returncode, done.stdout) == (0, f"{folder}/41\n")
    assert new_version(folder).name == "42"
    assert (
        json.loads((folder / "41" / EXTRA / "metadata.json").read_text())["weights"]
        == "selected.weights.h5"
    )
    servable = Servable(folder / "41")
    features = np.random.default_rng(0).random((1, 9, WIDTH), np.float32)
    np.testing.assert_allclose(
        raw_call(servable)(features, [9]), scorer_of(2)(features), rtol=0, atol=1e-6
    )


def test_a_run_directory_is_exported_by_its_best_split(trained, tmp_path):
    done = export(f"--run_dir={trained.parent}", f"--export_dir={tmp_path / 'm'}")
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'm'}/1\n")


def test_one_direction(tmp_path):
    path = write_saved_model(scorer_of(3, bidirectional=False), tmp_path / "m", 1, {})
    assert path == tmp_path / "m" / "1"


def test_mistakes(exported, trained, tmp_path):
    def fails(*flags):
        done = export(*flags)
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        return done.stderr

    assert fails() == "error: --run_dir is missing, as in --run_dir=runs/demo/split0-seed0.\n"
    text = f"error: {exported}/1: exists already. Choose another --version, or leave it out for the next one.\n"  # noqa: E501
    assert fails(f"--run_dir={trained}", f"--export_dir={exported}", "--version=1") == text
    empty = fails(f"--run_dir={tmp_path}", f"--export_dir={tmp_path}")
    assert f"error: {tmp_path}: not a trained model (it has no metadata.json" in empty
    served = fails(f"--run_dir={exported}", f"--export_dir={tmp_path}")
    assert f"error: {exported}/1: holds no weights of ours to export" in served
    assert "version" in fails(f"--run_dir={trained}", "--version=-1")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot write it: Not a directory"):
        write_saved_model(scorer_of(1), tmp_path / "file" / "m", 1, {})


def test_a_model_that_computes_something_else_is_not_published(monkeypatch, tmp_path):
    other = scorer_of(8).export_module()
    monkeypatch.setattr(BiLSTMSelector, "export_module", lambda _: other)
    with pytest.raises(
        UserError,
        match=r"scores of one video of 1 frames differ from the trainer's by .* Nothing was published",  # noqa: E501
    ):
        write_saved_model(scorer_of(1), tmp_path / "m", 1, {})
    assert list((tmp_path / "m").iterdir()) == []


def test_a_compiled_graph_is_refused(tmp_path):
    archive = keras.export.ExportArchive()
    module = tf.Module()
    module.v = tf.Variable(1.0)
    archive.track(module)
    inner = tf.function(lambda x: x * module.v, jit_compile=True)
    archive.add_endpoint(
        "serve",
        lambda features: {"scores": inner(features)},
        [tf.TensorSpec([None], name="features")],
    )
    archive.write_out(str(tmp_path / "1"), verbose=False)
    with pytest.raises(UserError, match="must be compiled by XLA"):
        check_export(tmp_path / "1", scorer_of(1))


def test_what_is_no_saved_model(tmp_path):
    with pytest.raises(ServingError, match="does not appear to contain a SavedModel") as error:
        Servable(tmp_path)
    assert error.value.code == Code.NOT_FOUND
    (tmp_path / "saved_model.pb").write_bytes(b"torn")
    with pytest.raises(ServingError, match="Read less bytes than requested") as error:
        Servable(tmp_path)
    assert error.value.code == Code.OUT_OF_RANGE
