"""Pictures as files, whole or absent."""

import io
import os

from PIL import Image

from tf_dictsum.util.files import atomic_path

__all__ = ["write_image"]


def write_image(
    path: str | os.PathLike[str], picture: Image.Image, kind: str, **options: object
) -> None:
    """Writes a picture as `kind` ("jpeg", "png"), with Pillow's options.

    It is encoded in memory first: Pillow's own writing to a file takes a write cut short by a full
      disk for a whole one.
    Raises UserError as `files.atomic_path` does.
    """
    data = io.BytesIO()
    picture.save(data, format=kind, **options)
    with atomic_path(path) as partial:
        partial.write_bytes(data.getvalue())
