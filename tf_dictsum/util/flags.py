"""What every main shares: quiet TensorFlow, flags from a dataclass, errors as one line with exit
status 2.
"""

import dataclasses
import functools
import logging as stdlib_logging
import os
import pathlib
import re
import select
import sys
import typing
from collections.abc import Callable, Container
from typing import Any, TypeVar

from absl import app, flags, logging

from tf_dictsum._version import __version__
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.flagfiles import expand_flagfiles
from tf_dictsum.util.options import field_type, is_option, option

__all__ = ["command", "define_flags", "from_flags", "option", "run", "with_dashes"]

T = TypeVar("T")
_PACKAGE = pathlib.Path(__file__).parents[1]
READER_GONE = 141  # what a shell shows of a program that SIGPIPE ended


def define_flags(*configs: type[Any]) -> None:
    """Defines one absl flag for every `option` of some dataclasses, with its type, default, choices
    and bounds.

    An option that several of them have is one flag; where they differ in type or choices it takes
    any text, which is checked when the dataclass is filled.
    """
    fields: dict[str, list[tuple[type[Any], dataclasses.Field[Any]]]] = {}
    for config in configs:
        for field in dataclasses.fields(config):
            if is_option(field):
                fields.setdefault(field.name, []).append((config, field))
    for name, owners in fields.items():
        kinds = {(field_type(c, name), f.metadata["choices"]) for c, f in owners}
        owner, field = owners[0]
        _define(name, field, str if len(kinds) > 1 else field_type(owner, name), len(kinds) > 1)
        flags.FLAGS.register_key_flag_for_module(
            sys.argv[0], flags.FLAGS[name]
        )  # else --help lists none of them


def _define(name: str, field: dataclasses.Field[Any], kind: Any, mixed: bool) -> None:
    text, bounds, choices = (field.metadata[key] for key in ("help", "bounds", "choices"))
    default = None if mixed or field.default is dataclasses.MISSING else field.default
    if choices and not mixed:
        flags.DEFINE_enum(name, default, list(choices), text)
    elif kind is bool:
        flags.DEFINE_bool(name, default, text)
    elif kind is int:
        flags.DEFINE_integer(name, default, text, **bounds)
    elif kind is float:
        flags.DEFINE_float(name, default, text, **bounds)
    elif typing.get_origin(kind) is tuple:
        factory = field.default_factory
        value = factory() if factory is not dataclasses.MISSING else ()
        flags.DEFINE_list(name, [str(v) for v in value], text)
    else:
        flags.DEFINE_string(name, default, text)


def from_flags(config: type[T], values: flags.FlagValues | None = None, **more: Any) -> T:
    """The dataclass filled from the parsed flags; what was not given has the dataclass's own
    default.

    Args:
      config: the dataclass.
      values: parsed flags; those of the process when None.
      more: fields that are no flags.

    Raises:
      UserError: a value is not of its type, or the dataclass refuses it.
    """
    given = flags.FLAGS if values is None else values
    for field in dataclasses.fields(config):  # type: ignore[arg-type]
        if is_option(field) and given[field.name].present:
            more[field.name] = _converted(
                field.name, given[field.name].value, field_type(config, field.name)
            )
    return config(**more)


def _converted(name: str, value: Any, kind: Any) -> Any:
    if typing.get_origin(kind) is tuple:
        entry = typing.get_args(kind)[0]
        try:
            return tuple(entry(v) for v in value)
        except ValueError:
            raise UserError(
                f"{name}={','.join(value)}: expected a list of {entry.__name__} such as 0,1,2."
            ) from None
    if isinstance(value, str) and kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            return value  # the dataclass says what it expects
    if isinstance(value, str) and kind is bool:
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


def _ours(record: Any) -> bool:
    """Whether a log record is for our users: TensorFlow's and Keras' own notices below a warning
    are not.
    """
    of_package = pathlib.Path(record.pathname).is_relative_to(_PACKAGE)
    return of_package or record.levelno >= stdlib_logging.WARNING


def command(
    main: Callable[[list[str]], int | None],
    *options: type[Any],
    positional: bool = False,
    define: Callable[[list[str]], None] | None = None,
    rewrite: Callable[[list[str]], list[str]] = lambda argv: argv,
) -> Callable[[], None]:
    """The entry point of a command: defines its flags, then `run`s it.

    Args:
      main: takes the arguments that are no flags, the command first.
      options: dataclasses of its options.
      positional: it takes arguments that are no flags; flags may stand behind them.
      define: defines flags that depend on the command line.
      rewrite: changes the command line before it is parsed.
    """

    def start() -> None:
        sys.argv[1:] = expand_flagfiles(sys.argv[1:])
        define_flags(*options)
        if define:
            define(sys.argv)
        flags.FLAGS.set_gnu_getopt(positional)
        run(main if positional else _without_arguments(main), rewrite)

    return start


def _without_arguments(
    main: Callable[[list[str]], int | None],
) -> Callable[[list[str]], int | None]:
    @functools.wraps(main)
    def checked(argv: list[str]) -> int | None:
        if argv[1:]:
            raise UserError(
                f"unexpected argument {argv[1]!r}; everything is given by flags, see --help."
            )
        return main(argv)

    return checked


def run(
    main: Callable[[list[str]], int | None],
    rewrite: Callable[[list[str]], list[str]] = lambda argv: argv,
) -> None:
    """Parses the flags, calls `main` and exits: 0 (or what it returns), 2 for a user's mistake, 130
    for Ctrl-C.

    Args:
      main: takes the arguments that are no flags, the command first.
      rewrite: changes the command line before it is parsed.
    """
    # Before TensorFlow is loaded; what matters comes as an exception.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
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
            rest = flags.FLAGS(rewrite(argv))
        except UserError as error:
            _fail(with_dashes(" ".join(str(error).split()), set(flags.FLAGS)))
        except SystemExit:  # absl's --help and its kin: what was asked for is no failure
            sys.exit(0)
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
        except KeyboardInterrupt as stop:
            print("interrupted", file=sys.stderr)
            sys.exit(getattr(stop, "status", 130))  # of `terminating.Terminated`: 143

    app.run(guarded, flags_parser=parse)


def with_dashes(message: str, names: Container[str]) -> str:
    """A library's message as a command says it: `name` and name=value become --name and
    --name=value.

    Only for `names`, the flags of this command: the library speaks of fields, which from Python
    they are.
    """

    def dashed(match: re.Match[str]) -> str:
        name = match["quoted"] or match["assigned"]
        return f"--{name}" if name in names else match[0]

    return re.sub(r"`(?P<quoted>[a-z_]+)`|(?<![\w.=/-])(?P<assigned>[a-z_]+)(?==)", dashed, message)


def _unread() -> bool:
    """Whether nobody reads our output any more, as after `| head`; then what is still to come is
    thrown away.

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
