"""How much memory a file may make this process take, and the refusal of what would take more."""

import os

__all__ = ["Allowance", "RefusedError"]

_SPARE = 200 << 20
_TIMES = 10


class RefusedError(ValueError):
    """What a file holds is not read. `finding` says what it is, `remedy` what to do."""

    def __init__(self, finding: str, remedy: str):
        super().__init__(f"{finding}. {remedy}.")
        self.finding, self.remedy = finding, remedy


class Allowance:
    """Bytes of memory that reading one file may take: ten times its size and 200 MB.

    Args:
      size: bytes of the file.
    """

    def __init__(self, size: int):
        self._size = size
        self._left = _TIMES * size + _SPARE // 2  # the rest is for HDF5 itself

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> "Allowance":
        """That of a file."""
        return cls(os.path.getsize(path))

    def take(self, lasting: int, passing: int) -> None:
        """Counts `lasting` bytes, which stay, and `passing` ones, which are free again afterwards.

        Raises:
          RefusedError: that is too much.
        """
        if lasting + passing > self._left:
            raise RefusedError(
                f"would fill {(lasting + passing) >> 20:,} MiB of memory in a file of "
                f"{self._size:,} bytes",
                "The file is damaged: copy or download it again",
            )
        self._left -= lasting
