"""The flags of a run: those of every run, and those of the method that it names."""

import dataclasses
import pathlib
import re
import sys
from collections.abc import Sequence

from absl import flags

from tf_dictsum.methods.registry import DEFAULT, METHODS
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.training.config import RunConfig
from tf_dictsum.util import flags as flag_tools
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.flagfiles import expand_flagfiles
from tf_dictsum.util.options import as_flag, is_option
from tf_dictsum.util.quiet import load_tensorflow

__all__ = ["config_from_flags", "define_run_flags", "without_foreign_defaults"]


def define_run_flags(argv: Sequence[str], *more: type) -> None:
    """Defines the flags of `RunConfig`, of `more`, and of the methods that the command line names.

    `--method` (and `--methods`, and the flag files of `--variants`) are read first, also from flag
    files, so that only the options of these methods exist.

    Args:
      argv: the command line.
      more: further dataclasses of options.
    """
    text = f"one of {', '.join(METHODS)}; each has options of its own: --method=NAME --help"
    flags.DEFINE_string("method", DEFAULT, text)
    flags.FLAGS.register_key_flag_for_module(sys.argv[0], flags.FLAGS["method"])
    named = [m for m in _methods_named(argv, DEFAULT) if m in METHODS] or [DEFAULT]
    settings = [_settings(method) for method in dict.fromkeys(named)]
    flag_tools.define_flags(RunConfig, *more, *settings)


def _settings(method: str) -> type[MethodSettings]:
    if method in METHODS and method not in METHODS.without_tensorflow:
        load_tensorflow(training=True)  # its file has the model too
    return METHODS.settings(method)


def _methods_named(argv: Sequence[str], default: str = "") -> list[str]:
    """The methods on a command line and in its flag files, as far as these can be read.

    `default` is the one of a command line that names none: its flags exist beside those of the
    variants.
    """
    try:
        arguments = flags.FLAGS.read_flags_from_files(expand_flagfiles(argv[1:]), force_gnu=True)
    except (OSError, flags.Error):  # said when the flags are parsed
        arguments = list(argv[1:])
    values: dict[str, str] = {}
    for place, argument in enumerate(arguments):
        match = re.fullmatch(r"--?(methods?|variants)(?:=(.*))?", argument, re.DOTALL)
        if match:
            follows = arguments[place + 1] if place + 1 < len(arguments) else ""
            values[match[1]] = follows if match[2] is None else match[2]
    named = [values.get("method", ""), *values.get("methods", "").split(",")]
    if not any(named):
        named = [default]
    for file in values.get("variants", "").split(","):
        if pathlib.Path(file).is_file():
            named += _methods_named(["", f"--flagfile={file}"])
    return [name for name in map(str.strip, named) if name]


def without_foreign_defaults(argv: Sequence[str]) -> list[str]:
    """`argv` with its flag files read in, without other methods' options.

    Flag files that earlier versions wrote list every option of every method: one that has its
      default there asks for
    nothing and is left out.

    Raises:
      UserError: an option of another method with another value.
    """
    arguments = flags.FLAGS.read_flags_from_files(list(argv), force_gnu=True)
    kept = []
    for argument in arguments:
        match = re.match(r"--?(no)?(\w+)(?==|$)", argument)
        name = match[2] if match else ""
        if not match or name in flags.FLAGS or f"{match[1] or ''}{name}" in flags.FLAGS:
            kept.append(argument)
            continue
        owners = [m for m in METHODS if name in _options(_settings(m))]
        if not owners:
            kept.append(argument)  # absl says that it is unknown
        elif not any(argument == _default(_settings(m), name) for m in owners):
            raise UserError(
                f"--{name} is an option of {', '.join(owners)}, not of method "
                f"{_method(arguments)}. Leave it out."
            )
    return kept


def _method(arguments: Sequence[str]) -> str:
    named = [a.partition("=")[2] for a in arguments if re.match(r"--?method=", a)]
    return named[-1] if named else DEFAULT


def _options(settings: type[MethodSettings]) -> dict[str, object]:
    return {f.name: f.default for f in dataclasses.fields(settings) if is_option(f)}


def _default(settings: type[MethodSettings], name: str) -> str:
    return as_flag(name, _options(settings)[name])


def config_from_flags(values: flags.FlagValues | None = None) -> RunConfig:
    """The configuration that the parsed flags ask for.

    Raises:
      UserError: a value that cannot be, or no such method.
    """
    given = flags.FLAGS if values is None else values
    settings = _settings(str(given["method"].value))
    return flag_tools.from_flags(RunConfig, given, method=flag_tools.from_flags(settings, given))
