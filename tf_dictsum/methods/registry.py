"""The methods by name; a method's code is imported when it is asked for."""

import dataclasses
import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tf_dictsum.util.errors import UserError

if TYPE_CHECKING:
    from tf_dictsum.methods.base import Method
    from tf_dictsum.methods.settings import MethodSettings
    from tf_dictsum.methods.setup import Setup

__all__ = ["DEFAULT", "METHODS", "REFERENCE", "Methods", "make_method"]


@dataclasses.dataclass(frozen=True)
class _Entry:
    """Where a method is, as "module:Class"; settings apart where they can be read without
    TensorFlow."""

    method: str
    settings: str = ""


_ENTRIES = {
    "dictsum": _Entry("dictsum.method:DictSum", "dictsum.settings:DictSumSettings"),
    "salience": _Entry("salience.method:Salience", "salience.settings:SalienceSettings"),
    "salience_student": _Entry(
        "salience.student:SalienceStudent", "salience.settings:StudentSettings"
    ),
    "sum_gan_aae": _Entry("sum_gan_aae.method:SumGanAae", "sum_gan_aae.settings:SumGanAaeSettings"),
    "vasnet": _Entry("vasnet:Vasnet"),
    "dr_dsn": _Entry("dr_dsn:DrDsn"),
    "vslstm": _Entry("vslstm:VsLstm"),
    "dpplstm": _Entry("vslstm:DppLstm"),
    "m_avs": _Entry("avs:MAvs"),
    "a_avs": _Entry("avs:AAvs"),
    "ca_sum": _Entry("ca_sum:CaSum"),
    "sum_gan": _Entry("sum_gan.method:SumGan"),
    "sum_gan_sl": _Entry("sum_gan.method:SumGanSl"),
    "cycle_sum": _Entry("cycle_sum.method:CycleSum"),
    "acgan": _Entry("acgan:Acgan"),
    "ac_sum_gan": _Entry("ac_sum_gan.method:AcSumGan"),
    "logistic": _Entry("logistic:Logistic"),
}

DEFAULT = "dictsum"
REFERENCE = "sum_gan_aae"  # the row that a sweep tests the others against, unless told otherwise


class Methods(Mapping[str, "type[Method]"]):
    """Name -> Method class, imported on access."""

    def __getitem__(self, name: str) -> "type[Method]":
        return _load(_entry(name).method)

    def __contains__(self, name: object) -> bool:
        return name in _ENTRIES

    def __iter__(self) -> Iterator[str]:
        return iter(_ENTRIES)

    def __len__(self) -> int:
        return len(_ENTRIES)

    def __repr__(self) -> str:
        return f"METHODS({', '.join(self)})"

    @property
    def without_tensorflow(self) -> frozenset[str]:
        """The methods whose settings can be read without importing TensorFlow."""
        return frozenset(name for name, entry in _ENTRIES.items() if entry.settings)

    def settings(self, name: str) -> "type[MethodSettings]":
        """The settings class of a method.

        Raises:
          UserError: there is no such method.
        """
        entry = _entry(name)
        return _load(entry.settings) if entry.settings else _load(entry.method).Settings


METHODS = Methods()


def make_method(settings: "MethodSettings", setup: "Setup") -> "Method":
    """The method that `settings` belong to, for a run as `setup` describes it."""
    return METHODS[settings.method](settings, setup)


def _entry(name: str) -> _Entry:
    if name not in _ENTRIES:
        raise UserError(f"method={name}: no such method; there are {', '.join(_ENTRIES)}.")
    return _ENTRIES[name]


def _load(place: str) -> Any:
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(f"tf_dictsum.methods.{module}"), attribute)
