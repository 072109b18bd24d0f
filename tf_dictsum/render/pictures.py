"""The pictures of the key frames: files at full size, and small copies for storyboard and page,
from one pass over the video.
"""

import dataclasses
import os
import pathlib
import re
from collections.abc import Callable

from PIL import Image

from tf_dictsum.render.image_files import write_image
from tf_dictsum.render.names import key_frame_name, key_frame_pattern
from tf_dictsum.summary.summary import KeyFrame, VideoSummary
from tf_dictsum.util.errors import UserError
from tf_dictsum.video.reader import VideoFile

__all__ = ["THUMBNAIL", "Thumbnail", "key_frame_pictures", "remove_older_key_frames"]

QUALITY = 95  # JPEG, as PySceneDetect saves its images
THUMBNAIL = (640, 640)  # largest sides


@dataclasses.dataclass(frozen=True)
class Thumbnail:
    """A key frame and a small picture of it."""

    key: KeyFrame
    picture: Image.Image


def key_frame_pictures(
    summary: VideoSummary,
    video: VideoFile,
    folder: str | os.PathLike[str] | None,
    *,
    progress: Callable[[int], None] | None = None,
) -> list[Thumbnail]:
    """Decodes the key frames, upright and with square pixels.

    Args:
      summary: which frames.
      video: where they are; with its timeline they are sought.
      folder: where to write them as JPEG at full size (names: `names.key_frame_name`); None writes
        none.
      progress: called with 1 after every key frame.

    Returns:
      Small copies, in order.

    Raises:
      UserError: a frame cannot be decoded (any more) or a file cannot be written.
    """
    small = {}
    for frame in video.frames(key.frame for key in summary.key_frames):
        picture = Image.fromarray(frame.rgb)
        copy = picture.copy()
        copy.thumbnail(THUMBNAIL, Image.Resampling.LANCZOS)
        for key in summary.key_frames:
            if key.frame == frame.number:  # short shots may have a sampled frame in common
                if folder is not None:
                    write_image(
                        pathlib.Path(folder) / key_frame_name(summary.name, key),
                        picture,
                        "jpeg",
                        quality=QUALITY,
                    )
                small[key.number] = Thumbnail(key, copy)
                if progress is not None:
                    progress(1)
    return [small[key.number] for key in summary.key_frames]


def remove_older_key_frames(folder: str | os.PathLike[str], summary: VideoSummary) -> None:
    """Removes key frames that an earlier run wrote for a video of this name and this one does not
    have.

    Without it a second run with fewer or other key frames would leave a mixture of both that nobody
    can tell apart.

    Raises:
      UserError: a file cannot be removed.
    """
    current = {key_frame_name(summary.name, key) for key in summary.key_frames}
    ours = re.compile(re.escape(summary.name) + key_frame_pattern())
    for path in pathlib.Path(folder).iterdir():
        if ours.fullmatch(path.name) and path.name not in current:
            try:
                path.unlink()
            except OSError as error:
                raise UserError(
                    f"{path}: a key frame of an earlier run that cannot be removed: "
                    f"{error.strerror or error}."
                ) from error
