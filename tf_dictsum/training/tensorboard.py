"""What TensorBoard shows of a run."""

import io
import os
import time
from collections.abc import Mapping
from typing import Any, SupportsFloat

import numpy as np
from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api as hparams_api
from tensorboard.plugins.hparams import api_pb2 as hparams_pb2
from tensorboard.plugins.hparams import summary_v2 as hparams_summary
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tf_dictsum.methods.logs import Log
from tf_dictsum.util.errors import UserError

__all__ = ["TensorBoardLogger", "tag_of"]

_PREFIXES = ("gradient_norm", "learning_rate")
_FLUSH_SECONDS = 30
_COLOURS = 64


def tag_of(name: str, logs: Mapping[str, Log]) -> str:
    """The TensorBoard tag of a log of `train_step`; "other/<name>" for one that its method says
    nothing about.
    """
    if name in logs:
        return logs[name].tag
    for prefix in _PREFIXES:
        if name.startswith(f"{prefix}_"):
            return f"{prefix}/{name.removeprefix(f'{prefix}_')}"
    return f"other/{name}"


class TensorBoardLogger:
    """Writes one split and seed into one TensorBoard run.

    Values of steps are buffered for up to 30 seconds; the end of an epoch writes everything out.

    Args:
      log_dir: the run's folder, made when missing.
      flags_text: the resolved flags, shown literally under TEXT.
      hparams: what HPARAMS compares, name -> value; runs with the same values are one row there,
        averaged. Empty: none.
      first_step: on resume, the first step that will be written: what an interrupted run has
        written from there on is hidden.
      logs: what the method says about its logs; those that it does not name are under "other/".

    Raises:
      UserError: the folder or the file cannot be written; so do all methods.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        flags_text: str,
        hparams: Mapping[str, bool | int | float | str],
        first_step: int = 0,
        logs: Mapping[str, Log] | None = None,
    ):
        self._log_dir = os.fspath(log_dir)
        self._hparams = dict(hparams)
        self._logs = dict(logs or {})
        self._configured = False
        self._closed = False
        try:
            # Not tf.summary: it needs a default writer around every call and cannot mark a restart.
            # Not tensorboardX: its flush does not wait for its queue, and an error of its writing
            # thread is lost.
            self._writer = EventFileWriter(self._log_dir, flush_secs=_FLUSH_SECONDS)
        except Exception as error:
            raise self._cannot_write(error) from error
        if first_step:
            self._add(Event(step=first_step, session_log=SessionLog(status=SessionLog.START)))
        literal = "\n".join(f"    {line}" for line in flags_text.splitlines())
        self._summary(0, *text_pb("flags", literal).value)
        if self._hparams:
            self._summary(0, *hparams_summary.hparams_pb(self._hparams).value)

    def step(self, step: int, logs: Mapping[str, SupportsFloat]) -> None:
        """Writes the logs of one training step (scalars by name; see `tag_of`), counted over the
        whole run.
        """
        self._scalars(step, {tag_of(name, self._logs): value for name, value in logs.items()})

    def epoch(
        self, record: Mapping[str, Any], images: Mapping[str, np.ndarray], primary: str
    ) -> None:
        """Writes one record of the history, at its epoch, and makes all so far visible on disk.

        Args:
          record: {"epoch": int, "seconds": float, "losses": {name: mean}, "mean": {metric: float or
            None}, ...}.
          images: test video -> uint8 [height, width, 3], shown in at most 64 colours.
          primary: the metric that HPARAMS shows first.

        Raises:
          ValueError: an image of another type or shape.
        """
        epoch = int(record["epoch"])
        measures = {name: value for name, value in record["mean"].items() if value is not None}
        self._configure_hparams(sorted(measures, key=lambda name: name != primary))
        values = {
            f"epoch_{tag_of(name, self._logs)}": value for name, value in record["losses"].items()
        }
        values |= {f"test/{name}": value for name, value in measures.items()}
        if "seconds" in record:
            values["time/epoch_seconds"] = record["seconds"]
        self._scalars(epoch, values)
        self._summary(
            epoch, *(_image(f"test_videos/{key}", image) for key, image in images.items())
        )
        self.flush()

    def flush(self) -> None:
        """Writes everything so far to disk."""
        try:
            self._writer.flush()
        except Exception as error:
            raise self._cannot_write(error) from error

    def close(self) -> None:
        """Writes the rest and closes the file; may be called twice."""
        if self._closed:
            return
        self.flush()
        self._closed = True
        self._writer.close()

    def _configure_hparams(self, measures: list[str]) -> None:
        """Tells HPARAMS which of the scalars are results; without it every gradient norm would be
        a column.
        """
        if self._configured or not measures or not self._hparams:
            return
        self._configured = True
        columns = [
            hparams_api.HParam(name, _AnyValue(type(value)))
            for name, value in self._hparams.items()
        ]
        results = [hparams_api.Metric(f"test/{name}", display_name=name) for name in measures]
        self._summary(0, *hparams_summary.hparams_config_pb(columns, results).value)

    def _scalars(self, step: int, values: Mapping[str, SupportsFloat]) -> None:
        # simple_value and not a tensor: the plain EventAccumulator knows no other scalars, nor
        # hides overtaken ones otherwise.
        self._summary(
            step, *(Summary.Value(tag=tag, simple_value=float(x)) for tag, x in values.items())
        )

    def _summary(self, step: int, *values: Summary.Value) -> None:
        if values:
            self._add(Event(step=int(step), summary=Summary(value=values)))

    def _add(self, event: Event) -> None:
        event.wall_time = time.time()
        try:
            self._writer.add_event(event)
        except Exception as error:
            raise self._cannot_write(error) from error

    def _cannot_write(self, error: Exception) -> UserError:
        # TensorFlow's file errors are no OSErrors, and they come out of the writer's thread.
        return UserError(
            f"{self._log_dir}: cannot write TensorBoard logs: {error}. Free space or choose "
            "another place."
        )


class _AnyValue(hparams_api.Domain):
    """Every value of one type: the bounds that one run knows would filter out the others."""

    def __init__(self, kind: type):
        self._kind = kind

    @property
    def dtype(self) -> type:
        return self._kind

    def sample_uniform(self, rng: Any = None) -> Any:
        raise TypeError("any value of a type: there is nothing to sample from")

    def update_hparam_info(self, hparam_info: Any) -> None:
        types = {bool: hparams_pb2.DATA_TYPE_BOOL, str: hparams_pb2.DATA_TYPE_STRING}
        hparam_info.type = types.get(self._kind, hparams_pb2.DATA_TYPE_FLOAT64)


def _image(tag: str, image: np.ndarray) -> Summary.Value:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(
            f"{tag}: an image is uint8 [height, width, 3], not {image.dtype} {list(image.shape)}"
        )
    png = io.BytesIO()
    # A palette halves the file, and a run writes thousands; a plot has few colours.
    Image.fromarray(image).quantize(_COLOURS).save(png, "png", optimize=True)
    height, width, _ = image.shape
    return Summary.Value(
        tag=tag,
        image=Summary.Image(
            height=height, width=width, colorspace=3, encoded_image_string=png.getvalue()
        ),
    )
