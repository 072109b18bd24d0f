"""The one exception for mistakes that the user can mend."""

__all__ = ["UserError"]


class UserError(Exception):
    """Bad input or a bad flag: its text is one line that names what was found and what to do.

    Library code raises it; a main prints it to stderr and exits with status 2.
    """
