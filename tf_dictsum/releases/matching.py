"""Which entry of another file belongs to which video of a release."""

import os
from collections.abc import Mapping

from absl import logging

from tf_dictsum.util.errors import UserError

__all__ = ["match_videos"]

_VIDEO_SUFFIXES = (".mp4", ".webm", ".avi", ".mkv", ".mov", ".m4v")


def match_videos(
    entries: Mapping[str, str],
    videos: Mapping[str, str],
    source: str,
    *,
    what: str,
    allow_missing: bool = False,
) -> dict[str, str]:
    """Finds the entry of every video: by its title where the entry has one, else by its key.

    Titles are compared without a video file's suffix, and a space equals an underscore.

    Args:
      entries: key -> title of what `source` has; the title is the key where it has none.
      videos: key -> title of the videos to find.
      source: the file of the entries, in messages.
      what: what the entries are, such as "features".
      allow_missing: entries of unknown videos and videos without an entry are left out, with a log
        line.

    Returns:
      Key of the video -> key of its entry, in the order of `videos`.

    Raises:
      UserError: two entries for one video, unknown videos, videos without an entry, or nothing in
        common.
    """
    keys = {_plain(title): key for key, title in videos.items()}
    matched: dict[str, str] = {}
    unknown = []
    for entry, title in entries.items():
        key = keys.get(_plain(title)) or (entry if title == entry and entry in videos else None)
        if key is None:
            unknown.append(_label(entry, title))
        elif key in matched:
            both = f"{_label(matched[key], entries[matched[key]])} and {_label(entry, title)}"
            raise UserError(
                f"{source}: {both} are both {what} of {_label(key, videos[key])}. Keep one of them."
            )
        else:
            matched[key] = entry
    missing = [_label(key, title) for key, title in videos.items() if key not in matched]
    if not matched:
        first_key, first_title = next(iter(videos.items()))
        names = _some(unknown) or "nothing"
        raise UserError(
            f"{source}: {what} of none of the annotated videos (it has {names}). Name its "
            f"entries like {first_title!r} or {first_key!r}."
        )
    for problem, labels in (
        (f"{what} of videos that the annotations do not have", unknown),
        (f"no {what} for", missing),
    ):
        if labels and not allow_missing:
            raise UserError(
                f"{source}: {problem}: {_some(labels)}. Mend the file, or leave these videos out "
                "by --allow_missing."
            )
        if labels:
            logging.warning("%s: %s: %s; left out.", source, problem, _some(labels))
    return {key: matched[key] for key in videos if key in matched}


def _plain(title: str) -> str:
    stem, suffix = os.path.splitext(title)
    return (stem if suffix.lower() in _VIDEO_SUFFIXES else title).replace(" ", "_")


def _label(key: str, title: str) -> str:
    return key if title == key else f"{key} ({title})"


def _some(labels: list[str]) -> str:
    return ", ".join(labels[:5]) + (f" and {len(labels) - 5} more" if len(labels) > 5 else "")
