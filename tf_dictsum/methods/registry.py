"""The methods by name."""

from collections.abc import Sequence

from tf_dictsum.config import Config
from tf_dictsum.methods.base import Method
from tf_dictsum.methods.dictsum.method import DictSum
from tf_dictsum.methods.sum_gan_aae.method import SumGanAae

__all__ = ["METHODS", "make_method"]

METHODS: dict[str, type[Method]] = {method.name: method for method in (DictSum, SumGanAae)}


def make_method(config: Config, input_size: int, lengths: Sequence[int] = ()) -> Method:
    """The method that `config.method` names, for features of width `input_size` and videos of these `lengths`."""
    return METHODS[config.method](config, input_size, lengths)
