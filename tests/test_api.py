"""The public names: changing them is a decision, not an accident. And what they do is what the
commands do.
"""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import tf_dictsum as td
from tf_dictsum.methods.registry import METHODS
from tf_dictsum.selectors.bilstm import BiLSTMSelector
from tf_dictsum.selectors.files import save_selector
from tf_dictsum.training.config import RESUMABLE, RunConfig
from tf_dictsum.util.errors import UserError

NAMES = [
    "Dataset",
    "EvaluationSettings",
    "FilmSummary",
    "Footage",
    "LoadedSelector",
    "METHODS",
    "Report",
    "RunConfig",
    "Scores",
    "Selector",
    "Split",
    "Summarizer",
    "TrainingResult",
    "UserError",
    "Video",
    "__version__",
    "evaluate",
    "export",
    "load_dataset",
    "load_selector",
    "load_splits",
    "make_folds",
    "plot_scores",
    "read_video",
    "score",
    "summarize",
    "train",
]


def test_public_names():
    assert sorted(td.__all__) == NAMES
    assert set(NAMES) <= set(dir(td))
    for name in NAMES:
        assert getattr(td, name) is not None
    with pytest.raises(AttributeError, match=r"'tf_dictsum' has no attribute 'scores'"):
        td.scores  # noqa: B018


def test_methods():
    assert {"dictsum", "salience", "sum_gan_aae"} <= set(METHODS)
    assert set(RunConfig().values()) >= RESUMABLE


def test_importing_loads_nothing_and_changes_nothing():
    code = (
        "import os, sys; before = dict(os.environ); import tf_dictsum as td; "
        "import tf_dictsum.util.flags; td.load_dataset('demo'); td.load_selector; td.score; "
        "td.RunConfig(); td.METHODS; td.train; "
        "heavy = {'tensorflow', 'keras', 'matplotlib'} & set(sys.modules); "
        "import tf_dictsum.training.config; "
        "print(heavy, {k: v for k, v in os.environ.items() if before.get(k) != v}, "
        "'TF_CPP_MIN_LOG_LEVEL' in os.environ)"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TF_CPP", "KERAS"))}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "set() {'KERAS_BACKEND': 'tensorflow'} False\n"


def test_a_function_keeps_its_name_when_its_command_is_imported():
    code = (
        "import tf_dictsum as td; from tf_dictsum.score import main; import tf_dictsum.evaluate; "
        "print(td.score.__module__, td.evaluate.__module__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "tf_dictsum.selectors.scoring tf_dictsum.report.evaluation\n"


@pytest.fixture(scope="module")
def demo():
    return td.load_dataset("demo")


@pytest.fixture(scope="module")
def selector(tmp_path_factory):
    folder = tmp_path_factory.mktemp("selector")
    save_selector(BiLSTMSelector(64, 4, seed=1), folder, {"method": "dictsum"})
    return td.load_selector(folder)


@pytest.fixture(scope="module")
def scores(selector, demo):
    return td.score(selector, demo)


def test_scores(scores, selector, demo, tmp_path):
    assert list(scores) == list(demo.videos)
    assert len(scores) == len(demo.videos)
    assert (scores.method, scores.source) == ("dictsum", selector.source)
    again = td.score(selector.source, "demo")
    for key, row in again.items():
        np.testing.assert_array_equal(row, scores[key])
        assert row.shape == (demo.videos[key].n_steps,)
    scores.write(tmp_path / "scores.json")
    assert json.loads((tmp_path / "scores.json").read_text()) == scores.to_dict()
    assert "<th>video_1</th>" in scores._repr_html_()
    done = []
    td.score(selector, demo, progress=done.append)
    assert done == list(range(1, len(demo.videos) + 1))


def test_features_that_are_missing_or_others(selector, demo):
    video = dataclasses.replace(demo.videos["video_1"], features=None)
    with pytest.raises(UserError, match="demo: video_1: has no features to score"):
        td.score(selector, dataclasses.replace(demo, videos={"video_1": video}))
    record = {"network": "n", "layer": "l", "preprocessing": "p", "weights": "w", "fps": 1.0}
    selector.metadata["extractor"] = {**record, "network": "other"}
    try:
        with pytest.raises(UserError, match=r"network n here, other there"):
            td.score(
                selector,
                dataclasses.replace(demo, attributes={"extractor": json.dumps(record)}),
            )
    finally:
        del selector.metadata["extractor"]


def test_evaluate_is_the_command(scores, demo, tmp_path):
    scores.write(tmp_path / "scores.json")
    report = td.evaluate(demo, scores, settings=td.EvaluationSettings(random_draws=5))
    command = [sys.executable, "-m", "tf_dictsum.evaluate", "--dataset=demo", "--random_draws=5"]
    command += [f"--scores={tmp_path / 'scores.json'}", f"--json={tmp_path / 'report.json'}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "report.json").read_text())
    here = json.loads(json.dumps(report.to_dict()))
    assert told["mean"] == here["mean"]
    assert told["baselines"] == here["baselines"]
    assert "<table>" in report._repr_html_()


def test_plot_scores(scores, demo):
    from matplotlib.figure import Figure

    video = demo.videos["video_1"]
    figure = td.plot_scores(scores["video_1"], video, title="a title")
    assert isinstance(figure, Figure)
    assert figure.texts[0].get_text() == "a title"
    assert figure._repr_png_().startswith(b"\x89PNG")
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"score", "chosen shots"} <= set(labels)
    plain = td.plot_scores(scores["video_1"], dataclasses.replace(video, change_points=None))
    assert "chosen shots" not in [text.get_text() for text in plain.legends[0].get_texts()]


@pytest.mark.slow
def test_export_is_the_command(selector, tmp_path):
    command = [sys.executable, "-m", "tf_dictsum.export", f"--run_dir={selector.source}"]
    done = subprocess.run(
        [*command, f"--export_dir={tmp_path / 'model'}"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    second = td.export(selector, tmp_path / "model")
    assert (done.stdout, second) == (f"{tmp_path / 'model' / '1'}\n", tmp_path / "model" / "2")
    features = np.random.default_rng(0).random((9, 64), np.float32)
    served = td.load_selector(tmp_path / "model")
    assert served.source == str(second)
    np.testing.assert_allclose(served.score(features), selector.score(features), atol=1e-6)
    one, two = (
        json.loads((tmp_path / "model" / n / "assets.extra" / "metadata.json").read_text())
        for n in "12"
    )
    same = one.keys() - {"sha256", "version"}
    assert {k: one[k] for k in same} == {k: two[k] for k in same}
    with pytest.raises(UserError, match="holds no weights of ours to export"):
        td.export(served, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_everything_typed_is_there():
    """The names for type checkers are those that are found at run time."""
    source = pathlib.Path(td.__file__).read_text()
    block = source.split("if TYPE_CHECKING:")[1].split("_MODULES")[0]
    for name, module in td._MODULES.items():
        assert f"from tf_dictsum.{module} import" in block, name
        assert name in block


@pytest.mark.slow
def test_train_is_the_command(tmp_path):
    """Files of both runs: equal but for the folder, times and memory."""
    config = td.RunConfig(
        method=td.METHODS.settings("sum_gan_aae")(hidden_size=4),
        run_dir=str(tmp_path / "here"),
        epochs=1,
        folds=2,
        split="0",
        progress=False,
        jit="off",
    )
    result = td.train(config)
    assert result.to_dict() == json.loads((tmp_path / "here" / "results.json").read_text())
    assert result.markdown == (tmp_path / "here" / "results.md").read_text()
    assert result._repr_html_().startswith("<pre># ")
    flags = config.as_flags().replace(config.run_dir, str(tmp_path / "there")).splitlines()
    done = subprocess.run(
        [sys.executable, "-m", "tf_dictsum.train", *flags],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    here, there = (
        json.loads((tmp_path / name / "split0-seed0" / "scores" / "epoch-001.json").read_text())
        for name in ("here", "there")
    )
    assert here.keys() == there.keys()
    for key, row in here.items():
        np.testing.assert_allclose(row, there[key], atol=1e-6)
    selector = result.selector()
    demo = td.load_dataset("demo")
    for key, row in here.items():
        np.testing.assert_allclose(selector.score(demo.videos[key].features), row, atol=1e-6)
    metadata = selector.metadata
    assert metadata["settings"]["hidden_size"] == 4
    assert metadata["selected"]["epoch"] == 1
    assert len(metadata["training_data"]["sha256"]) == 64
    history = json.loads((tmp_path / "here/split0-seed0/history.json").read_text())
    assert metadata["results"] == history[-1]["mean"]
    assert "test videos of its split" in (tmp_path / "here/split0-seed0/README.md").read_text()
