"""Video summarization without labels: adversarial LSTMs with a dictionary loss, in TensorFlow.

    import tf_dictsum as td

    dataset = td.load_dataset("demo") selector = td.load_selector("runs/demo") # a run or selector
    directory, SavedModel, grpc://...
    scores = td.score(selector, dataset) td.evaluate(dataset, scores)
    td.summarize("holiday.mp4").write("out")

Everything here is loaded when it is used: importing the package loads neither TensorFlow nor
matplotlib.
"""

import importlib
import sys
import types
from typing import TYPE_CHECKING, Any

from tf_dictsum._version import __version__
from tf_dictsum.util.errors import UserError

if TYPE_CHECKING:
    from tf_dictsum.baselines.settings import EvaluationSettings
    from tf_dictsum.data.hdf5 import load_dataset
    from tf_dictsum.data.splits import Split, load_splits, make_folds
    from tf_dictsum.data.video import Dataset, Video
    from tf_dictsum.footage.footage import Footage
    from tf_dictsum.methods.registry import METHODS
    from tf_dictsum.report.evaluation import evaluate
    from tf_dictsum.report.plot_scores import plot_scores
    from tf_dictsum.report.report import Report
    from tf_dictsum.selectors.base import Selector
    from tf_dictsum.selectors.loaded import LoadedSelector
    from tf_dictsum.selectors.loading import load_selector
    from tf_dictsum.selectors.scoring import Scores, score
    from tf_dictsum.serving.export.exporting import export
    from tf_dictsum.summarizer import FilmSummary, Summarizer, read_video, summarize
    from tf_dictsum.training.config import RunConfig
    from tf_dictsum.training.running import TrainingResult, train

_MODULES = {
    "Dataset": "data.video",
    "EvaluationSettings": "baselines.settings",
    "FilmSummary": "summarizer",
    "Footage": "footage.footage",
    "LoadedSelector": "selectors.loaded",
    "METHODS": "methods.registry",
    "Report": "report.report",
    "RunConfig": "training.config",
    "Scores": "selectors.scoring",
    "Selector": "selectors.base",
    "Split": "data.splits",
    "Summarizer": "summarizer",
    "Video": "data.video",
    "evaluate": "report.evaluation",
    "export": "serving.export.exporting",
    "load_dataset": "data.hdf5",
    "load_selector": "selectors.loading",
    "load_splits": "data.splits",
    "make_folds": "data.splits",
    "plot_scores": "report.plot_scores",
    "read_video": "summarizer",
    "score": "selectors.scoring",
    "summarize": "summarizer",
    "train": "training.running",
    "TrainingResult": "training.running",
}
"""Name -> the module of this package that has it."""

__all__ = [
    "METHODS",
    "Dataset",
    "EvaluationSettings",
    "FilmSummary",
    "Footage",
    "LoadedSelector",
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


class _Door(types.ModuleType):
    """This package. Some of its functions are named as a command's module: the functions keep the
    names.
    """

    def __getattr__(self, name: str) -> Any:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _MODULES and isinstance(value, types.ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Door
