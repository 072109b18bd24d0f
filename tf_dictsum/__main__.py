"""python -m tf_dictsum (or tf-dictsum): lists the commands, or runs one.

    python -m tf_dictsum
    python -m tf_dictsum summarize holiday.mp4

`python -m tf_dictsum summarize` and `python -m tf_dictsum.summarize` are the same.
"""

import ast
import pathlib
import runpy
import sys

from tf_dictsum._version import __version__

__all__ = ["COMMANDS", "main"]

COMMANDS = (
    "summarize",
    "features",
    "build_dataset",
    "train",
    "sweep",
    "evaluate",
    "score",
    "export",
    "serve",
    "serving_files",
    "convert",
)


def main() -> None:
    """Entry point of the console script; exit status 2 for a command that there is not."""
    name = sys.argv[1].replace("-", "_") if len(sys.argv) > 1 else "help"
    if name in COMMANDS:
        del sys.argv[1]
        runpy.run_module(f"tf_dictsum.{name}", run_name="__main__", alter_sys=True)
    elif name in ("help", "__help", "_h"):
        print(_overview())
    elif name == "__version":
        print(f"tf_dictsum {__version__}")
    else:
        print(
            f"error: there is no command {sys.argv[1]}; choose from {', '.join(COMMANDS)}.",
            file=sys.stderr,
        )
        sys.exit(2)


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {_purpose(name)}" for name in COMMANDS]
    usage = "usage: python -m tf_dictsum COMMAND [flags]      COMMAND --help lists the flags"
    return "\n".join([usage, "", *lines])


def _purpose(name: str) -> str:
    """What the first line of a command's module says behind the colon; reads it without importing
    it.
    """
    source = (pathlib.Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    text = ast.get_docstring(ast.parse(source)) or ""
    return text.split("\n")[0].partition(": ")[2]


if __name__ == "__main__":
    main()
