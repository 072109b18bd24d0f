"""Where published weights come from: a file that the user names, the user's cache folder, the
publisher's address.
"""

import contextlib
import dataclasses
import hashlib
import http.client
import os
import pathlib
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence

from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import atomic_path, reading

__all__ = ["GOOGLENET", "Source", "cache_folder", "fetch", "find_weights"]

_CHUNK = 1 << 20


@dataclasses.dataclass(frozen=True)
class Source:
    """A file that its publisher offers.

    Attributes:
      name: of the file in the cache folder.
      url: its address.
      algorithm, digest: checksum of the whole file, as hashlib names it.
      size: bytes, for the progress bar; 0 when not known.
    """

    name: str
    url: str
    algorithm: str
    digest: str
    size: int = 0


# The checksum of the first is the one in BVLC's models/bvlc_googlenet/readme.md, that of the second
# the Git LFS pointer's.
_ZOO = "https://github.com/onnx/models/raw/4c46cd00fbdb7cd30b6c1c17ab54f2e1f4f7b177/validated/vision/classification/"
GOOGLENET = (
    Source(
        "bvlc_googlenet.caffemodel",
        "http://dl.caffe.berkeleyvision.org/bvlc_googlenet.caffemodel",
        "sha1",
        "405fc5acd08a3bb12de8ee5e23a96bec22f08204",
        53533754,
    ),
    Source(
        "googlenet-7.onnx",
        _ZOO + "inception_and_googlenet/googlenet/model/googlenet-7.onnx",
        "sha256",
        "5725ccfd90845735ce5897faf7843c3f9b13acda3c4f3bff82cb21c9337c9de8",
        28020232,
    ),
)


def cache_folder() -> pathlib.Path:
    """The user's folder for weights: $XDG_CACHE_HOME/tf_dictsum/weights, else
    ~/.cache/tf_dictsum/weights.
    """
    root = os.environ.get("XDG_CACHE_HOME")
    return pathlib.Path(root or pathlib.Path.home() / ".cache") / "tf_dictsum" / "weights"


def find_weights(
    named: str,
    sources: Sequence[Source],
    progress: Callable[[Source, int], None] | None = None,
    folder: pathlib.Path | None = None,
) -> pathlib.Path:
    """The file to read weights from.

    Args:
      named: the user's --weights; "" for none.
      sources: what the cache folder may hold, and where to get it.
      progress: called with the source and the bytes that have come so far.
      folder: instead of `cache_folder()`.

    Raises:
      UserError: the named file is missing; what is in the cache is not the published file (any
        more); or nothing is in the cache and no address gives the file.
    """
    if named:
        if not pathlib.Path(named).is_file():
            raise UserError(f"--weights={named}: no such file.")
        return pathlib.Path(named)
    folder = folder or cache_folder()
    for source in sources:
        if (folder / source.name).is_file():
            _check(source, folder / source.name)
            return folder / source.name
    reasons = []
    for source in sources:
        try:
            fetch(source, folder / source.name, progress)
            return folder / source.name
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason: object = error
            if isinstance(error, urllib.error.HTTPError):
                error.close()  # it is an open answer
            elif isinstance(error, urllib.error.URLError):
                reason = error.reason
            reasons.append(f"{source.url}: {' '.join(str(reason).split()) or type(error).__name__}")
    raise UserError(
        f"no weights: {folder} has none and they cannot be downloaded ({'; '.join(reasons)}). "
        "Get one of "
        f"{', '.join(s.name for s in sources)} elsewhere and put it there, or name it by "
        "--weights=FILE (.caffemodel, .onnx or .npz)."
    )


def _check(source: Source, path: pathlib.Path) -> None:
    with reading(path), open(path, "rb") as handle:
        digest = hashlib.file_digest(handle, source.algorithm).hexdigest()
    if digest != source.digest:
        raise UserError(
            f"{path}: not the published file (any more): its {source.algorithm} is {digest}, "
            "expected "
            f"{source.digest}. Delete it to download it again, or name another file by `weights`."
        )


def fetch(
    source: Source, path: pathlib.Path, progress: Callable[[Source, int], None] | None = None
) -> None:
    """Downloads a file, checks it and puts it in place, whole or not at all.

    Raises:
      OSError: the server cannot be reached or refuses.
      ValueError: what came is not the published file.
      UserError: it cannot be written.
    """
    digest = hashlib.new(source.algorithm)
    request = urllib.request.Request(source.url, headers={"User-Agent": "tf_dictsum"})
    with (
        contextlib.closing(urllib.request.urlopen(request, timeout=30)) as answer,
        atomic_path(path) as partial,
    ):
        count = 0
        with open(partial, "wb") as handle:
            while chunk := _read(answer):
                handle.write(chunk)
                digest.update(chunk)
                count += len(chunk)
                if progress:
                    progress(source, count)
        if digest.hexdigest() != source.digest:
            raise ValueError(
                f"what it gives ({count} bytes) has another {source.algorithm} than the "
                "published file"
            )


def _read(answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read(_CHUNK)
    except OSError as error:  # atomic_path takes every OSError for one of the disk
        raise ValueError(f"the connection broke: {error}") from error
