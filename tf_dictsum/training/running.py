"""Training from Python: what `python -m tf_dictsum.train` does."""

import dataclasses
import html
import pathlib
from typing import Any

from tf_dictsum.selectors.loaded import LoadedSelector
from tf_dictsum.selectors.loading import load_selector
from tf_dictsum.training.config import RunConfig
from tf_dictsum.util.quiet import load_tensorflow

__all__ = ["TrainingResult", "train"]


@dataclasses.dataclass(frozen=True)
class TrainingResult:
    """A finished run.

    Attributes:
      run_dir: its folder.
      results: the content of results.json.
      markdown: the content of results.md.
    """

    run_dir: pathlib.Path
    results: dict[str, Any]
    markdown: str

    def selector(self, epoch: str = "last") -> LoadedSelector:
        """The selector of the split with the lowest training criterion; see `load_selector`."""
        return load_selector(self.run_dir, epoch)

    def to_dict(self) -> dict[str, Any]:
        """The content of results.json."""
        return self.results

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.markdown)}</pre>"


def train(config: RunConfig) -> TrainingResult:
    """Trains every split and seed of a run, or what is left of it, and measures the results.

    Args:
      config: of the run; `config.run_dir` gets its files.

    Raises:
      UserError: bad data, splits, run directory or checkpoint.
    """
    load_tensorflow(training=True)
    import tensorflow as tf

    from tf_dictsum.training import trainer

    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    results, markdown = trainer.train(config)
    return TrainingResult(pathlib.Path(config.run_dir), results, markdown)
