"""What happens after every epoch of training."""

import dataclasses
import pathlib
import time
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from tf_dictsum.data.video import Video
from tf_dictsum.methods.base import Method
from tf_dictsum.metrics.averages import average
from tf_dictsum.metrics.evaluation import COUNTS, METRICS, evaluate_video
from tf_dictsum.report.score_plot import score_image
from tf_dictsum.selectors.metadata import SELECTED
from tf_dictsum.shots.selection import select_shots
from tf_dictsum.training.collapse import CollapseWatch
from tf_dictsum.training.epoch_choice import selected_record
from tf_dictsum.training.history import History
from tf_dictsum.training.split_folder import scores_file
from tf_dictsum.training.step_logger import StepLogger
from tf_dictsum.training.tensorboard import TensorBoardLogger
from tf_dictsum.util.checkpoints import Checkpointer
from tf_dictsum.util.recorded import write_recorded_json
from tf_dictsum.util.weights import save_weights

__all__ = ["Monitor", "Outputs"]

IMAGES = 10  # drawings per test video over a run: a figure costs as much as scoring a video


@dataclasses.dataclass(frozen=True)
class Outputs:
    """Where the monitor of one split writes.

    Attributes:
      folder: of the split.
      history: to extend.
      checkpoints: to write.
      logger: TensorBoard.
    """

    folder: pathlib.Path
    history: History
    checkpoints: Checkpointer
    logger: TensorBoardLogger


class Monitor(keras.callbacks.Callback):
    """After every epoch: scores the test videos, evaluates, logs, and saves a checkpoint, in an
    order safe to kill.

    Args:
      method: being trained.
      test: the test videos.
      outputs: where to write.
      steps: keeps the epoch's means.
      primary: headline metric.
      epochs: that will be trained.
    """

    def __init__(
        self,
        method: Method,
        test: Sequence[Video],
        outputs: Outputs,
        steps: StepLogger,
        *,
        primary: str,
        epochs: int,
    ):
        super().__init__()
        self.method, self.test, self.outputs, self.steps = method, test, outputs, steps
        self.primary, self.epochs = primary, epochs
        self.collapse = CollapseWatch()
        self.started = time.perf_counter()

    def evaluate(self, epoch: int, losses: dict[str, float]) -> None:
        """Writes scores/epoch-NNN.json and the epoch's record, and shows both in TensorBoard."""
        seconds = time.perf_counter() - self.started if epoch else 0.0
        scores = self.method.score(self.test)
        write_recorded_json(
            scores_file(self.outputs.folder, epoch),
            {k: [float(x) for x in s] for k, s in scores.items()},
        )
        if epoch:
            self.collapse.update(float(np.mean([np.std(s) for s in scores.values()])))
        segmented = [v for v in self.test if v.change_points is not None]
        measures = {v.key: evaluate_video(scores[v.key], v).metrics() for v in segmented}
        record = {
            "epoch": epoch,
            "seconds": seconds,
            "losses": losses,
            "videos": measures,
            "mean": average(measures, [list(measures)], (*METRICS, *COUNTS)) if measures else {},
        }
        self.outputs.history.add(record)
        images = {v.key: self._picture(v, scores, epoch) for v in segmented if self._draws(epoch)}
        self.outputs.logger.epoch(record, images, self.primary)

    def _draws(self, epoch: int) -> bool:
        return epoch % max(1, self.epochs // IMAGES) == 0 or epoch == self.epochs

    def _picture(self, video: Video, scores: Mapping[str, np.ndarray], epoch: int) -> np.ndarray:
        curve = scores[video.key]
        title = f"{video.name}, epoch {epoch}"
        return score_image(curve, video, select_shots(curve, video), title)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self.evaluate(epoch + 1, self.steps.means())
        chosen = selected_record(self.outputs.history.trained, self.method.criterion)
        if chosen["epoch"] == epoch + 1:
            save_weights(self.method.selector, self.outputs.folder / SELECTED, record=True)
        self.outputs.checkpoints.save(epoch + 1)
