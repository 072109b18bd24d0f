"""Which versions of a model lie on disk, which of them a policy wants, and where the next one
goes.
"""

import pathlib

from tf_dictsum.serving.config.models_file import VersionPolicy
from tf_dictsum.util.errors import UserError

__all__ = ["aspired_versions", "find_versions", "new_version"]

_END = 2**63  # versions are int64


def find_versions(base_path: pathlib.Path) -> dict[int, pathlib.Path]:
    """Version -> its path, ascending: the entries of `base_path` whose name is an int64 from 0.

    Other names are left alone, as TensorFlow Serving does, so a version is published by renaming a
    folder. Files count too, and fail when they are loaded, as there.

    Raises:
      OSError: the folder cannot be read; this says nothing about which versions there are.
    """
    versions = {int(p.name): p for p in base_path.iterdir() if _is_version(p.name)}
    return dict(sorted(versions.items()))


def _is_version(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name.lstrip("0")) < 20 and int(name) < _END


def aspired_versions(
    found: dict[int, pathlib.Path], policy: VersionPolicy
) -> dict[int, pathlib.Path]:
    """The part of `found` that the policy asks for."""
    if policy.kind == "all":
        return dict(found)
    if policy.kind == "specific":
        return {v: p for v, p in found.items() if v in policy.versions}
    return dict(sorted(found.items())[-policy.count :])


def new_version(folder: pathlib.Path, version: int | None = None) -> pathlib.Path:
    """The folder of a version that is not there yet; without a number, one more than the newest (1
    for the first).

    Raises:
      UserError: it exists, or the folder cannot be read.
    """
    try:
        found = find_versions(folder)
    except (FileNotFoundError, NotADirectoryError):  # told when it is written
        found = {}
    except OSError as error:
        raise UserError(f"{folder}: cannot read it: {error.strerror}.") from None
    number = max(found, default=0) + 1 if version is None else version
    target = found.get(number, folder / str(number))  # 7 may be there as 00000007
    if target.exists():
        raise UserError(
            f"{target}: exists already. Choose another --version, or leave it out for the next one."
        )
    return target
