"""A sweep in TensorBoard's HPARAMS: one row per variant."""

import pathlib
import shutil
from collections.abc import Sequence

from tf_dictsum.report.run_results import RunReport
from tf_dictsum.sweeps.grid import Variant
from tf_dictsum.util.quiet import load_tensorflow

__all__ = ["write_hparams"]


def write_hparams(folder: pathlib.Path, variants: Sequence[Variant], report: RunReport) -> None:
    """Writes <folder>/<variant>/: the fields in which variants differ, and means of measures.

    The folder is made anew: a row is the state of the sweep, not its history. Every job has logs of
    its own.

    Raises:
      UserError: it cannot be written.
    """
    load_tensorflow()  # TensorBoard would, and say so on stderr
    from tf_dictsum.training.tensorboard import TensorBoardLogger

    shutil.rmtree(folder, ignore_errors=True)
    options = {v.name: v.config.values() for v in variants}
    names = dict.fromkeys(name for values in options.values() for name in values)
    differing = [n for n in names if len({values.get(n, "") for values in options.values()}) > 1]
    summaries = {summary.system.name: summary for summary in report.systems}
    for variant in variants:
        summary = summaries.get(variant.name)
        if summary is None:
            continue
        measures = {
            f"{column}/{metric}": mean
            for column in ("last", "selected")
            for metric in summary.measures
            if (mean := summary.mean(column, metric)) is not None
        }
        logger = TensorBoardLogger(
            folder / variant.name,
            variant.config.as_flags(),
            {"variant": variant.name, **{n: options[variant.name].get(n, "") for n in differing}},
        )
        logger.epoch(
            {"epoch": 0, "losses": {}, "mean": measures}, {}, f"selected/{report.headline}"
        )
        logger.close()
