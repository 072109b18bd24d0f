"""What every main shares: quiet TensorFlow, flags from a dataclass, errors as one line with exit status 2."""

import os

os.environ.setdefault(
    "TF_CPP_MIN_LOG_LEVEL", "3"
)  # before TensorFlow is loaded; what matters comes as an exception

import dataclasses
import logging as stdlib_logging
import re
import select
import sys
import types
import typing
from collections.abc import Callable, Container
from typing import Any, TypeVar

from absl import app, flags, logging

from tf_dictsum._version import __version__
from tf_dictsum.util.errors import UserError

__all__ = ["define_flags", "from_flags", "option", "run", "with_dashes"]

T = TypeVar("T")
READER_GONE = 141  # what a shell shows of a program that SIGPIPE ended


def option(default: Any, help: str, choices: tuple[str, ...] | None = None, **bounds: Any) -> Any:
    """A dataclass field that is also a flag; `bounds` are absl's lower_bound and upper_bound."""
    metadata = {"help": help, "choices": choices, "bounds": bounds}
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: tuple(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def define_flags(config: type[Any]) -> None:
    """Defines one absl flag for every `option` of a dataclass, with its type, default, choices and bounds."""
    hints = typing.get_type_hints(config)
    for field in dataclasses.fields(config):
        if "help" not in field.metadata:
            continue
        kind, text, bounds = hints[field.name], field.metadata["help"], field.metadata["bounds"]
        if typing.get_origin(kind) in (typing.Union, types.UnionType):
            kind = next(k for k in typing.get_args(kind) if k is not type(None))
        default = None if field.default is dataclasses.MISSING else field.default
        if field.metadata["choices"]:
            flags.DEFINE_enum(field.name, default, list(field.metadata["choices"]), text)
        elif kind is bool:
            flags.DEFINE_bool(field.name, default, text)
        elif kind is int:
            flags.DEFINE_integer(field.name, default, text, **bounds)
        elif kind is float:
            flags.DEFINE_float(field.name, default, text, **bounds)
        elif typing.get_origin(kind) is tuple:
            value = (
                field.default_factory() if field.default_factory is not dataclasses.MISSING else ()
            )
            flags.DEFINE_list(field.name, [str(v) for v in value], text)
        else:
            flags.DEFINE_string(field.name, default, text)
        flags.FLAGS.register_key_flag_for_module(
            sys.argv[0], flags.FLAGS[field.name]
        )  # else --help lists none of them


def from_flags(config: type[T]) -> T:
    """The dataclass filled from the parsed flags.

    Raises:
      UserError: an entry of a list flag is not of its type.
    """
    values = {}
    hints = typing.get_type_hints(config)
    for field in dataclasses.fields(config):  # type: ignore[arg-type]
        if "help" not in field.metadata:
            continue
        value: Any = flags.FLAGS[field.name].value
        if typing.get_origin(hints[field.name]) is tuple:
            kind = typing.get_args(hints[field.name])[0]
            try:
                value = tuple(kind(v) for v in value)
            except ValueError:
                raise UserError(
                    f"--{field.name}={','.join(value)}: expected a list of {kind.__name__} such as 0,1,2."
                ) from None
        values[field.name] = value
    return config(**values)


def _ours(record: Any) -> bool:
    """Whether a log record is for our users: TensorFlow's and Keras' own notices below a warning are not."""
    return record.levelno >= stdlib_logging.WARNING or "tf_dictsum" in record.pathname


def run(main: Callable[[list[str]], int | None]) -> None:
    """Parses the flags, calls `main` and exits: 0 (or what it returns), 2 for a user's mistake, 130 for Ctrl-C."""
    if "version" not in flags.FLAGS:  # the exporter's --version is that of the model
        flags.DEFINE_bool("version", False, "print the version and exit")
    script = sys.modules["__main__"]
    script.__doc__ = (
        script.__doc__ or sys.modules[main.__module__].__doc__
    )  # a console script has no text of its own for --help
    logging.set_verbosity(logging.INFO)
    logging.get_absl_handler().addFilter(_ours)

    def parse(argv: list[str]) -> list[str]:
        try:
            rest = flags.FLAGS(argv)
        except flags.Error as error:
            _fail(f"{' '.join(str(error).replace('ERROR:: ', '').split())}. Try --help.")
        except OSError as error:  # a --flagfile that cannot be read
            _fail(f"{error.filename}: cannot read the flag file: {error.strerror}.")
        if flags.FLAGS.version is True:
            print(f"tf_dictsum {__version__}")
            sys.exit(0)
        return rest

    def guarded(argv: list[str]) -> int | None:
        try:
            status = main(argv)
            sys.stdout.flush()
            return status
        except UserError as error:
            _fail(with_dashes(" ".join(str(error).split()), set(flags.FLAGS)))
        except BrokenPipeError:
            if not _unread():
                raise
            sys.exit(READER_GONE)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            sys.exit(130)

    app.run(guarded, flags_parser=parse)


def with_dashes(message: str, names: Container[str]) -> str:
    """A library's message as a command says it: `name` and name=value become --name and --name=value.

    Only for `names`, the flags of this command: the library speaks of fields, which from Python they are.
    """

    def dashed(match: re.Match[str]) -> str:
        name = match["quoted"] or match["assigned"]
        return f"--{name}" if name in names else match[0]

    return re.sub(r"`(?P<quoted>[a-z_]+)`|(?<![\w.=/-])(?P<assigned>[a-z_]+)(?==)", dashed, message)


def _unread() -> bool:
    """Whether nobody reads our output any more, as after `| head`; then what is still to come is thrown away.

    (SIGPIPE's default action would do this too, but also end a server whose client hangs up.)
    """
    gone = False
    for stream in (sys.stdout, sys.stderr):
        poll = select.poll()
        poll.register(stream, 0)
        if poll.poll(0):  # POLLERR: the pipe has no reader
            gone = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return gone


def _fail(message: str) -> typing.NoReturn:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)
