"""Progress bars with the time left, on stderr."""

import sys

from tqdm import tqdm

__all__ = ["Bar"]


class Bar:
    """One bar at a time: its words and its total may change; each change ends the bar before.

    Args:
      enabled: False shows nothing.
      title: stands before the words, such as the video's name.
    """

    def __init__(self, enabled: bool, title: str):
        self._enabled, self._title = enabled, title
        self._what = ""
        self._bar: tqdm | None = None

    def update(self, what: str, done: float, total: float | None, unit: str = "") -> None:
        """Shows how far `what` is.

        Args:
          what: "reading", "clip", ...
          done: of `total`, in `unit`.
          total: None when it is not known.
          unit: such as "s" of video or "frame".
        """
        if not self._enabled:
            return
        if self._bar is None or what != self._what:
            self.close()
            terminal = sys.stderr.isatty()
            seconds = 0.2 if terminal else 15.0  # in a log file every redraw is a new line
            layout = "{desc}: {percentage:3.0f}% |{bar}| {n:.0f}/{total:.0f} {unit} [{elapsed}<{remaining}]"
            if not total:
                layout = "{desc}: {n:.0f} {unit} [{elapsed}]"
            self._bar = tqdm(
                total=total,
                desc=f"{self._title}: {what}",
                unit=unit,
                file=sys.stderr,
                mininterval=seconds,
                maxinterval=max(seconds, 10.0),
                dynamic_ncols=terminal,
                bar_format=layout,
                leave=False,
            )
            self._what = what
        self._bar.update(min(done, total or done) - self._bar.n)

    def close(self) -> None:
        """Takes the bar away; may be called twice."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
