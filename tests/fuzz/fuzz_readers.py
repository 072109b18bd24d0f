"""The readers, whole files for each (the seeds), and what a result must be like to count as
right.
"""

import dataclasses
import functools
import io
import json
import os
import pathlib
import signal
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "helpers"))

__all__ = ["READERS", "Reader", "reader_of", "seeds_of"]

STEPS, FRAMES = 7, 100
_RECORD = {"network": "n", "layer": "l", "preprocessing": "p", "weights": "w", "fps": 2.0}


@dataclasses.dataclass(frozen=True)
class Reader:
    """One way into the package.

    Attributes:
      file: path of the input, in a folder of its own.
      seeds: makes whole files.
      read: called with the path.
      check: raises for a result that is not what the reader promises.
      text: whether the files are text.
      warm: called once with the folder, for what must lie beside the input.
    """

    file: str
    seeds: Callable[[], list[bytes]]
    read: Callable[[pathlib.Path], Any]
    check: Callable[[Any], None] = lambda result: None
    text: bool = False
    warm: Callable[[pathlib.Path], None] = lambda folder: None


def reader_of(name: str) -> "Reader":
    """One of `READERS`, or the one that fails in every way, on which the harness is tested."""
    return _BROKEN if name == "broken" else READERS[name]


@functools.cache
def seeds_of(name: str) -> list[bytes]:
    return reader_of(name).seeds()


# Datasets


def _video(frames: int = FRAMES) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "features": rng.random((STEPS, 3), np.float32),
        "picks": np.arange(STEPS) * 15,
        "n_frames": frames,
        "n_steps": STEPS,
        "change_points": np.array([[0, 29], [30, 59], [60, frames - 1]]),
        "n_frame_per_seg": np.array([30, 30, frames - 60]),
        "user_summary": (np.arange(2 * frames).reshape(2, frames) % 7 == 0).astype(np.float32),
        "gtscore": rng.random(STEPS, np.float32),
        "video_name": "film",
    }


def _hdf5(compression: str | None, version: str) -> bytes:
    image = io.BytesIO()
    with h5py.File(image, "w", libver=version) as file:
        file.attrs["dataset"] = "small"
        file.attrs["extractor"] = json.dumps(_RECORD)
        for number in (1, 2):
            group = file.create_group(f"video_{number}")
            group.attrs["fps"] = 30.0
            group.attrs["file"] = "none.mp4"
            for name, value in _video().items():
                chunked = compression and np.ndim(value) == 2
                group.create_dataset(
                    name, data=value, **({"compression": compression} if chunked else {})
                )
    return image.getvalue()


def _hdf5_seeds() -> list[bytes]:
    return [_hdf5(c, v) for c in (None, "gzip") for v in ("earliest", "latest")]


def _read_dataset(path: pathlib.Path) -> Any:
    from tf_dictsum.data.hdf5 import load_dataset

    return load_dataset(str(path), need_features=False)


def _check_dataset(dataset: Any) -> None:
    assert dataset.videos
    for video in dataset.videos.values():
        assert video.picks.dtype == np.int64
        assert video.picks[0] == 0
        assert (np.diff(video.picks) > 0).all()
        assert video.picks[-1] < video.n_frames < 2_000_000
        if video.features is not None:
            assert video.features.shape[0] == video.n_steps
            assert np.isfinite(video.features).all()
        if video.change_points is not None:
            assert video.change_points[-1, 1] == video.n_frames - 1
        if video.user_summary is not None:
            assert video.user_summary.shape[1] == video.n_frames


def _read_footage(path: pathlib.Path) -> Any:
    from tf_dictsum.footage.reading import read_features_file

    return list(read_features_file(str(path)))


def _read_features_file(path: pathlib.Path) -> Any:
    from tf_dictsum.footage.features_file import FeaturesFile

    return FeaturesFile(path, _RECORD)


# JSON and text


@functools.cache
def _dataset() -> Any:
    from tf_dictsum.data.video import Dataset, Video

    names = ("features", "picks", "n_frames", "change_points")
    videos = {
        f"video_{n}": Video(f"video_{n}", **{name: _video()[name] for name in names})
        for n in (1, 2)
    }
    return Dataset("small", "small.h5", videos)


def _json(*values: Any) -> list[bytes]:
    return [json.dumps(value, indent=indent).encode() for value in values for indent in (None, 1)]


def _score_seeds() -> list[bytes]:
    return _json({f"video_{n}": [round(0.1 * i, 3) for i in range(STEPS)] for n in (1, 2)})


def _read_scores(path: pathlib.Path) -> Any:
    from tf_dictsum.report.scores_file import read_scores

    return read_scores(path, _dataset(), list(_dataset().videos), quiet=True)


def _check_scores(scores: Any) -> None:
    from tf_dictsum.shots.selection import select_shots

    for key, values in scores.items():
        assert values.shape == (STEPS,)
        assert np.isfinite(values).all()
        select_shots(values, _dataset().videos[key])


def _read_splits(path: pathlib.Path) -> Any:
    from tf_dictsum.data.splits import load_splits

    return load_splits(path, ["video_1", "video_2"], "small.h5")


def _check_splits(splits: Any) -> None:
    for split in splits:
        assert {*split.train_keys, *split.test_keys} <= {"video_1", "video_2"}


def _read_shots(path: pathlib.Path) -> Any:
    from tf_dictsum.releases.change_points import fit_shots, read_shots

    return [fit_shots(shots, FRAMES, "small.h5") for shots in read_shots(path).values()]


def _check_shots(found: Any) -> None:
    for points in found:
        assert points[0, 0] == 0
        assert points[-1, 1] == FRAMES - 1


_SHOTS = {"video_1": [[0, 29], [30, 99]], "video_2": [0, 50, 100]}


def _csv_seeds() -> list[bytes]:
    text = "video,first_frame,last_frame\nvideo_1,0,29\nvideo_1,30,99\nb,0,99\n"
    return [text.encode(), text.replace("\n", "\r\n").encode("utf-8-sig")]


def _read_any_json(path: pathlib.Path) -> Any:
    from tf_dictsum.util.files import read_json

    return read_json(path)


def _read_text_proto(kind: str) -> Callable[[pathlib.Path], Any]:
    def read(path: pathlib.Path) -> Any:
        from tf_dictsum.serving.config import files
        from tf_dictsum.util.errors import UserError

        try:
            return getattr(files, f"read_{kind}")(str(path))
        except UserError as error:
            if any(part in str(error) for part in ("MIIEvQ", "IBADAN", "kqhkiG", "SECRETabc")):
                raise AssertionError("the key is printed") from None
            raise

    return read


_KEY = r"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nSECRETabcDEF\n-----END PRIVATE KEY-----\n"  # noqa: E501
_PROTOS = {
    "ssl": f'server_key: "{_KEY}"\nserver_cert: "-----BEGIN CERTIFICATE-----\\nMIIC\\n"\n'
    'custom_ca: ""\nclient_verify: false\n',
    "batching": "max_batch_size { value: 8 }\nbatch_timeout_micros { value: 1000 }\n"
    "allowed_batch_sizes: 4\nallowed_batch_sizes: 8\nnum_batch_threads { value: 2 }\n",
    "monitoring": 'prometheus_config { enable: true path: "/metrics" }\n',
    "models": 'model_config_list {\n  config {\n    name: "dictsum"\n    base_path: "/models/dictsum"\n'  # noqa: E501
    '    model_platform: "tensorflow"\n    model_version_policy { specific { versions: 2 } }\n'
    '    version_labels { key: "stable" value: 2 }\n  }\n}\n',
}


# Archives and weights


def _npz(**arrays: np.ndarray) -> bytes:
    image = io.BytesIO()
    np.savez(image, **arrays)  # type: ignore[arg-type]
    return image.getvalue()


def _compressed(**arrays: np.ndarray) -> bytes:
    image = io.BytesIO()
    np.savez_compressed(image, **arrays)  # type: ignore[arg-type]
    return image.getvalue()


def _small_weights() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "conv1/kernel": rng.random((2, 2, 3, 4), np.float32),
        "conv1/bias": rng.random(4, np.float32),
    }


def _weights_seeds() -> list[bytes]:
    return [_npz(**_small_weights()), _compressed(**_small_weights())]


def _caffe_seeds() -> list[bytes]:
    from googlenet_weights import caffemodel, onnx_model

    arrays = _small_weights()
    return [
        caffemodel(arrays, True),
        caffemodel(arrays, False),
        onnx_model(arrays, True),
        onnx_model(arrays, False),
    ]


def _read_weights(path: pathlib.Path) -> Any:
    from tf_dictsum.extractors.weight_formats import read_weights

    return read_weights(path)


def _check_arrays(arrays: Any) -> None:
    assert all(isinstance(array, np.ndarray) for array in arrays.values())


def _read_state_dict(path: pathlib.Path) -> Any:
    from tf_dictsum.convert import read_state_dict

    return read_state_dict(path)


@functools.cache
def _footage() -> Any:
    from fractions import Fraction

    from tf_dictsum.footage.footage import Footage
    from tf_dictsum.video.info import Timeline

    timeline = Timeline(np.arange(FRAMES + 1) * 10, Fraction(1, 300), 0, True)
    features = _video()["features"]
    return Footage("a.mp4", "a", 8, 8, timeline, np.arange(STEPS) * 15, features, {"network": "n"})


def _cache_seeds() -> list[bytes]:
    from tf_dictsum.footage.feature_cache import FeatureCache

    with tempfile.TemporaryDirectory() as folder:
        cache = FeatureCache(pathlib.Path(folder))
        cache.save({}, _footage())
        return [next(pathlib.Path(folder).glob("*.npz")).read_bytes()]


def _cache_file() -> str:
    from tf_dictsum.footage.feature_cache import FeatureCache

    return "cache/" + FeatureCache(pathlib.Path())._file({}, "").name


def _read_cache(path: pathlib.Path) -> Any:
    from tf_dictsum.footage.feature_cache import FeatureCache

    return FeatureCache(path.parent).load({}, "a.mp4", "a")


def _check_footage(footage: Any) -> None:
    if footage is not None:  # None: read the video again
        np.testing.assert_array_equal(footage.features, _footage().features)
        np.testing.assert_array_equal(footage.picks, _footage().picks)


# MATLAB


def _mat_seeds(version: str) -> list[bytes]:
    from mat_files import write_mat

    shots = [np.array([[0.0, 30.0, 100.0]]), np.array([[0.0, 100.0]])]
    content = {
        "user_score": np.eye(6, 3),
        "nFrames": np.array([[6.0]]),
        "FPS": np.array([[25.0]]),
        "shot_boundaries": shots,
        "s": {"name": "film", "cells": ["a", "b"]},
    }
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "a.mat")
        found.append(write_mat(path, content, version).read_bytes())
        if version == "5":  # without zlib's checksums damage reaches the parser
            import scipy.io
            from mat_files import _for_scipy

            scipy.io.savemat(path, {k: _for_scipy(v) for k, v in content.items()})
            found += [path.read_bytes()] * 3
    return found


def _read_mat(path: pathlib.Path) -> Any:
    from tf_dictsum.releases.matlab import read_mat

    return read_mat(path)


_JSON_RUN = {
    "history": [
        {
            "epoch": e,
            "seconds": 1.0,
            "losses": {"reconstruction": 0.5},
            "videos": {"video_1": {"f_max": 45.0}},
            "mean": {"f_max": 45.0},
        }
        for e in (0, 1, 2)
    ],
    "split": {"train_keys": ["video_1"], "test_keys": ["video_2"], "content": "00"},
}


def _proto_seeds(kind: str) -> list[bytes]:
    return [_PROTOS[kind].encode()]


def _read_history(path: pathlib.Path) -> Any:
    from tf_dictsum.training.split_folder import read_history

    return read_history(path)


def _check_history(records: Any) -> None:
    from tf_dictsum.training.histories import system_of

    if records:
        system_of("a", {(0, 0): records}, None)


def _read_run(path: pathlib.Path) -> Any:
    from tf_dictsum.report.systems import splits_of_run

    return splits_of_run(str(path.parents[1]), _dataset())


def _read_flags(path: pathlib.Path) -> Any:
    from tf_dictsum.training.config import RunConfig
    from tf_dictsum.training.run_directory import RunDirectory

    with RunDirectory(RunConfig(run_dir=str(path.parent))).open():
        (path.parent / "SHA256SUMS").unlink()  # the next input is not a damaged copy of this one
        return path


def _flags_seeds() -> list[bytes]:
    from tf_dictsum.training.config import RunConfig

    return [RunConfig().as_flags().encode()]


def _read_evaluation(path: pathlib.Path) -> Any:
    from tf_dictsum.report.compare import compare_systems
    from tf_dictsum.report.evaluation_files import read_evaluation
    from tf_dictsum.util.errors import UserError

    def evaluate(paths: Any) -> Any:
        raise UserError(f"{paths[0]}: scores, not an evaluation.")

    (system, *_) = read_evaluation(str(path), evaluate)
    return compare_systems([system, system]).to_text()


_EVALUATION = {
    "dataset": "small",
    "protocol": "knapsack, 15 %; mean over users",
    "headline": "f_max",
    "system": "a",
    "videos": {f"video_{n}": {"f_max": 40.0 + n, "kendall_tau": 0.1 * n} for n in (1, 2)},
    "mean": {"f_max": 41.5},
    "baselines": {},
    "systems": [],
}

READERS: dict[str, Reader] = {
    "history": Reader(
        "run/split0-seed0/history.json",
        lambda: _json(_JSON_RUN["history"]),
        _read_history,
        _check_history,
        text=True,
    ),
    "run_splits": Reader(
        "run/split0-seed0/split.json", lambda: _json(_JSON_RUN["split"]), _read_run, text=True
    ),
    "config_flags": Reader("run/config.flags", _flags_seeds, _read_flags, text=True),
    "evaluation": Reader("e.json", lambda: _json(_EVALUATION), _read_evaluation, text=True),
    "hdf5": Reader("data.h5", _hdf5_seeds, _read_dataset, _check_dataset),
    "footage": Reader("data.h5", _hdf5_seeds, _read_footage),
    "features_file": Reader("data.h5", _hdf5_seeds, _read_features_file),
    "json": Reader("a.json", lambda: _json(_JSON_RUN, _SHOTS), _read_any_json, text=True),
    "scores": Reader("scores.json", _score_seeds, _read_scores, _check_scores, text=True),
    "splits": Reader(
        "splits.json",
        lambda: _json([{"train_keys": ["x/video_1"], "test_keys": ["video_2"]}]),
        _read_splits,
        _check_splits,
        text=True,
    ),
    "shots_json": Reader("shots.json", lambda: _json(_SHOTS), _read_shots, _check_shots, text=True),
    "shots_csv": Reader("shots.csv", _csv_seeds, _read_shots, _check_shots, text=True),
    "shots_hdf5": Reader("shots.h5", _hdf5_seeds, _read_shots, _check_shots),
    "mat5": Reader("a.mat", lambda: _mat_seeds("5"), _read_mat),
    "mat73": Reader("a.mat", lambda: _mat_seeds("7.3"), _read_mat),
    "weights_npz": Reader("w.npz", _weights_seeds, _read_weights, _check_arrays),
    "weights_proto": Reader("w.onnx", _caffe_seeds, _read_weights, _check_arrays),
    "state_dict": Reader("w.npz", _weights_seeds, _read_state_dict, _check_arrays),
    "feature_cache": Reader(_cache_file(), _cache_seeds, _read_cache, _check_footage),
    **{
        f"config_{kind}": Reader(
            f"{kind}.config",
            functools.partial(_proto_seeds, kind),
            _read_text_proto(kind),
            text=True,
        )
        for kind in _PROTOS
    },
}


def _fail_somehow(path: pathlib.Path) -> None:
    kind = path.read_bytes()[:1]
    if kind == b"t":
        1 / 0  # noqa: B018
    if kind == b"c":
        os.kill(os.getpid(), signal.SIGSEGV)
    if kind == b"m":
        bytes(b"m" * (300 << 20))


_BROKEN = Reader("a", lambda: [b"t" * 99, b"c" * 99, b"m" * 99, b"r" * 99], _fail_somehow)
