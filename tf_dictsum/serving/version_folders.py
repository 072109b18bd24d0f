"""Which versions of a model lie on disk, and which of them a policy wants."""

import pathlib

from tf_dictsum.serving.models_file import VersionPolicy

__all__ = ["aspired_versions", "find_versions"]


def find_versions(base_path: pathlib.Path) -> dict[int, pathlib.Path]:
    """Version -> its folder, ascending: the entries of `base_path` whose name is a whole number.

    Names that are no numbers are left alone, as TensorFlow Serving does, so a version is published by renaming a folder.
    """
    try:
        entries = [p for p in base_path.iterdir() if p.name.isascii() and p.name.isdigit() and p.is_dir()]
    except OSError:
        return {}
    return {int(p.name): p for p in sorted(entries, key=lambda p: int(p.name))}


def aspired_versions(found: dict[int, pathlib.Path], policy: VersionPolicy) -> dict[int, pathlib.Path]:
    """The part of `found` that the policy asks for."""
    if policy.kind == "all":
        return dict(found)
    if policy.kind == "specific":
        return {v: p for v, p in found.items() if v in policy.versions}
    return dict(sorted(found.items())[-policy.count :])
