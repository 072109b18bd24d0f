"""Dataclass fields that are also flags: their help, choices and bounds, checked however they are
set.
"""

import dataclasses
import math
import numbers
import types
import typing
from typing import Any

from tf_dictsum.util.errors import UserError

__all__ = ["as_flag", "check_options", "field_type", "is_option", "option"]


def option(default: Any, help: str, choices: tuple[str, ...] | None = None, **bounds: float) -> Any:
    """A dataclass field that is also a flag.

    Args:
      default: of the field; a list becomes a tuple.
      help: what `--help` prints.
      choices: the only strings allowed.
      bounds: `lower_bound` and `upper_bound` of a number, both included.
    """
    metadata = {"help": help, "choices": choices, "bounds": bounds}
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: tuple(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def is_option(field: dataclasses.Field[Any]) -> bool:
    """Whether a field was made by `option`."""
    return "help" in field.metadata


def field_type(owner: type[Any], name: str) -> Any:
    """The type of a field without its `| None`; for a tuple field tuple[X, ...]."""
    kind = typing.get_type_hints(owner)[name]
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        kind = next(k for k in typing.get_args(kind) if k is not type(None))
    return kind


def check_options(instance: Any) -> None:
    """Checks every option of a dataclass instance.

    Raises:
      UserError: a value of another type, out of bounds, or none of the choices.
    """
    for field in dataclasses.fields(instance):
        if is_option(field):
            value = getattr(instance, field.name)
            kind = field_type(type(instance), field.name)
            if value is None and field.default is None:
                continue
            if isinstance(value, numbers.Real) and not isinstance(value, bool) and kind is float:
                value = float(value)
            elif isinstance(value, numbers.Integral) and type(value) is not bool and kind is int:
                value = int(value)
            object.__setattr__(instance, field.name, value)  # 1 as 1.0, numpy's numbers as Python's
            _check(field.name, value, kind, field.metadata)


def _check(name: str, value: Any, kind: Any, metadata: typing.Mapping[str, Any]) -> None:
    expected = _expected(kind, metadata)
    if typing.get_origin(kind) is tuple:
        entry = typing.get_args(kind)[0]
        good = isinstance(value, tuple) and all(type(v) is entry for v in value)
    else:
        good = type(value) is kind
    if good and metadata["choices"]:
        good = value in metadata["choices"]
    if good and kind in (int, float):
        low, high = (metadata["bounds"].get(f"{side}_bound") for side in ("lower", "upper"))
        good = not (isinstance(value, float) and not math.isfinite(value))
        good = good and (low is None or value >= low) and (high is None or value <= high)
    if not good:
        raise UserError(f"{name}={value}: expected {expected}.")


def _expected(kind: Any, metadata: typing.Mapping[str, Any]) -> str:
    if metadata["choices"]:
        return " or ".join(metadata["choices"])
    if typing.get_origin(kind) is tuple:
        return f"a tuple of {typing.get_args(kind)[0].__name__}"
    noun = {int: "a whole number", float: "a finite number", bool: "True or False", str: "text"}
    text = noun.get(kind, getattr(kind, "__name__", str(kind)))
    low, high = (metadata["bounds"].get(f"{side}_bound") for side in ("lower", "upper"))
    if low is not None and high is not None:
        return f"{text} from {low:g} to {high:g}"
    if low is not None:
        return f"{text} of {low:g} or more"
    return text if high is None else f"{text} of {high:g} or less"


def as_flag(name: str, value: Any) -> str:
    """One line of a flag file."""
    if isinstance(value, bool):
        return f"--{'' if value else 'no'}{name}"
    return f"--{name}={','.join(map(str, value)) if isinstance(value, tuple) else value}"
