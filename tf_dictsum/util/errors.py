"""The one exception for mistakes that the user can mend."""

from tf_dictsum.util.text import printable

__all__ = ["UserError"]


_LONGEST = 1500  # characters; what is beyond comes from a damaged file


class UserError(Exception):
    """Bad input or a bad flag: its text is one line that names what was found and what to do.

    Whatever was quoted of a file, the text is one printable line. Library code raises it; a main
    prints it to stderr and exits with status 2.
    """

    def __init__(self, text: str):
        line = printable(" ".join(text.split()))
        if len(line) > _LONGEST:
            line = f"{line[: _LONGEST * 2 // 3]} [...] {line[-_LONGEST // 3 :]}"
        super().__init__(line)
