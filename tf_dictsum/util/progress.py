"""Progress bars on stderr: one for a whole run, one for what a video goes through."""

import functools
import sys
import threading
from collections.abc import Mapping
from typing import Any, Self, SupportsFloat

from tqdm import tqdm

__all__ = ["PhaseBar", "Progress"]

# Bars of one process only. tqdm's own lock is a semaphore of the machine, which a worker of a sweep
# that is ended leaves behind ("leaked semaphore").
tqdm.set_lock(threading.RLock())


class Progress:
    """A bar on stderr over every step of every split and seed, with the time left for all of them.

    Usable as a context manager.

    Args:
      total_steps: number of training steps of the whole run.
      enabled: False shows nothing at all.
      initial: steps that an earlier, interrupted run has done; they do not count towards the speed.
      unit: what a step is called.
      short: log name -> the few letters that it is shown with behind the bar; others are not shown.
    """

    def __init__(
        self,
        total_steps: int,
        enabled: bool,
        initial: int = 0,
        unit: str = "step",
        short: Mapping[str, str] | None = None,
    ):
        self._done = initial
        self._short = {name: text for name, text in (short or {}).items() if text}
        self._make = functools.partial(
            _bar,
            total=total_steps,
            disable=not enabled,
            unit=unit,
            smoothing=0.02,  # videos differ in length tenfold: the time left should follow their mean  # noqa: E501
        )
        self._text = ""
        self._bar = self._make(initial=initial)

    def describe(self, text: str) -> None:
        """Sets the words before the bar, such as "split 1/5 seed 0 epoch 3/100"."""
        self._text = text
        self._bar.set_description_str(text, refresh=False)

    @property
    def done(self) -> int:
        """Number of steps counted so far, `initial` and skipped ones included (also when
        disabled).
        """
        return self._done

    def advance(self, logs: Mapping[str, SupportsFloat] | None = None, steps: int = 1) -> None:
        """Counts steps.

        Args:
          logs: what `train_step` returned; its main losses are shown behind the bar. None: the
            steps took no time now (done by an interrupted run, or left out), so that the time left
            is not estimated from them.
          steps: how many; below 1 nothing happens.
        """
        if steps < 1:
            return
        self._done += steps
        if self._bar.disable:
            return
        if logs is None:
            self._skip()
            return
        shown = [
            f"{short} {float(logs[name]):.3g}"
            for name, short in self._short.items()
            if name in logs
        ]
        self._bar.set_postfix_str(", ".join(shown), refresh=False)
        self._bar.update(steps)

    def _skip(self) -> None:
        """A new bar that begins where the steps are: the speed is measured from here on."""
        self._bar.leave = False
        self._bar.close()
        self._bar = self._make(initial=self._done)
        self._bar.set_description_str(self._text)

    def close(self) -> None:
        """Leaves the bar as it stands; may be called twice."""
        self._bar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class PhaseBar:
    """One bar at a time: its words and its total may change; each change ends the bar before.

    Args:
      enabled: False shows nothing.
      title: stands before the words, such as the video's name.
    """

    def __init__(self, enabled: bool, title: str):
        self._enabled, self._title = enabled, title
        self._what, self._shown = "", 0.0
        self._bar: tqdm | None = None

    def update(self, what: str, done: float, total: float | None, unit: str = "") -> None:
        """Shows how far `what` is.

        Args:
          what: "reading", "clip", "loading TensorFlow", ...
          done: of `total`, in `unit`.
          total: None when it is not known; such a bar is for people only, and left out of a log
            file.
          unit: such as "s" of video or "frame".
        """
        if not self._enabled:
            return
        if what != self._what:
            self.close()
            self._what = what
            if total:
                layout = "{desc}: {percentage:3.0f}% |{bar}| {n:.0f}/{total:.0f} {unit} "
                layout += "[{elapsed}<{remaining}]"
            elif unit:
                layout = "{desc}: {n:.0f} {unit} [{elapsed}]"
            else:
                layout = "{desc} ... [{elapsed}]"
            if total or sys.stderr.isatty():
                self._bar = _bar(
                    total=total,
                    desc=f"{self._title}: {what}",
                    unit=unit,
                    bar_format=layout,
                    leave=False,
                )
            self._shown = 0.0
        if self._bar is not None:
            place = min(done, total or done)
            self._bar.update(place - self._shown)
            self._shown = place

    def close(self) -> None:
        """Takes the bar away; may be called twice."""
        self._what = ""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _bar(**options: Any) -> tqdm:
    """A bar on stderr; in a log file, where every redraw is a new line, it is drawn every quarter
    of a minute.
    """
    terminal = sys.stderr.isatty()
    seconds = 0.2 if terminal else 15.0
    return tqdm(
        file=sys.stderr,
        mininterval=seconds,
        maxinterval=max(seconds, 10.0),
        dynamic_ncols=terminal,
        **options,
    )
