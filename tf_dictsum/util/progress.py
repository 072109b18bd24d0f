"""One progress bar for a whole run."""

import sys
from collections.abc import Mapping
from typing import Self, SupportsFloat

from tqdm import tqdm

__all__ = ["Progress"]

# Log name -> the few letters that fit behind a bar.
_SHOWN = {
    "parallel_loss": "loss",
    "reconstruction": "recon",
    "dictionary": "dict",
    "sparsity": "sparse",
    "generator": "gen",
    "score_std": "std",
}


class Progress:
    """A bar on stderr over every step of every split and seed, with the time left for all of them.

    Usable as a context manager.

    Args:
      total_steps: number of training steps of the whole run.
      enabled: False shows nothing at all.
      initial: steps that an earlier, interrupted run has done; they do not count towards the speed.
      unit: what a step is called.
    """

    def __init__(self, total_steps: int, enabled: bool, initial: int = 0, unit: str = "step"):
        # In a log file every redraw is a new line: there one a quarter of a minute is enough.
        seconds = 0.2 if sys.stderr.isatty() else 15.0
        self._done = initial
        self._bar = tqdm(
            total=total_steps,
            initial=initial,
            disable=not enabled,
            file=sys.stderr,
            unit=unit,
            mininterval=seconds,
            maxinterval=max(seconds, 10.0),
            dynamic_ncols=sys.stderr.isatty(),
            smoothing=0.02,  # videos differ in length tenfold: the time left should follow their mean
        )

    def describe(self, text: str) -> None:
        """Sets the words before the bar, such as "split 1/5 seed 0 epoch 3/100"."""
        self._bar.set_description_str(text, refresh=False)

    @property
    def done(self) -> int:
        """Number of steps counted so far, `initial` and skipped ones included (also when disabled)."""
        return self._done

    def advance(self, logs: Mapping[str, SupportsFloat] | None = None, steps: int = 1) -> None:
        """Counts steps.

        Args:
          logs: what `train_step` returned; its main losses are shown behind the bar. None: the steps took no time now
            (done by an interrupted run, or left out), so that the time left is not estimated from them.
          steps: how many; below 1 nothing happens.
        """
        if steps < 1:
            return
        self._done += steps
        if self._bar.disable:
            return
        if logs is None:
            self._skip(steps)
            return
        shown = [
            f"{short} {float(logs[name]):.3g}" for name, short in _SHOWN.items() if name in logs
        ]
        self._bar.set_postfix_str(", ".join(shown), refresh=False)
        self._bar.update(steps)

    def _skip(self, steps: int) -> None:
        bar = self._bar
        bar.initial += steps
        bar.last_print_n += steps
        bar.n += steps
        bar.refresh()

    def close(self) -> None:
        """Leaves the bar as it stands; may be called twice."""
        self._bar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
