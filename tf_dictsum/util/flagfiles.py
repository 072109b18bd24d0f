"""`--flagfile=NAME`: a file, or one of the configurations that the package ships, by its name."""

import os
import pathlib
from collections.abc import Iterator, Sequence

__all__ = ["SHIPPED", "expand_flagfiles", "shipped_config"]

SHIPPED = pathlib.Path(__file__).parents[1] / "configs"


def shipped_config(name: str) -> pathlib.Path | None:
    """The shipped configuration of this name: "summe", "summe.flags" or "configs/summe.flags";
    None without one.
    """
    stem = name.removeprefix("configs/").removesuffix(".flags")
    file = SHIPPED / f"{stem}.flags"
    return file if "/" not in stem and file.is_file() else None


def expand_flagfiles(argv: Sequence[str]) -> list[str]:
    """A command line with the lines of its flag files in place of `--flagfile=...`, those that they
    name included.

    A file comes before a shipped configuration of the same name. What is neither is left as it is,
    for the parser to complain about; so is all behind "--".
    """
    arguments = list(argv)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [*_expanded(arguments[:end], ()), *arguments[end:]]


def _expanded(arguments: Sequence[str], inside: tuple[str, ...]) -> Iterator[str]:
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name not in ("--flagfile", "-flagfile"):
            yield argument
            continue
        given = (
            [argument] if equals else [argument, *([value] if (value := next(rest, "")) else [])]
        )
        path = pathlib.Path(os.path.expanduser(value))
        file = path if path.is_file() else shipped_config(value)
        place = str(file.resolve()) if file else ""
        if file is None or place in inside:  # a file that names itself adds nothing the second time
            yield from [] if file else given
            continue
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            yield from given
            continue
        flags = [line.strip() for line in lines]
        yield from _expanded(
            [line for line in flags if line and not line.startswith(("#", "//"))], (*inside, place)
        )
