"""What every method's settings have in common."""

import dataclasses
from typing import Any, ClassVar

from tf_dictsum.util.errors import UserError
from tf_dictsum.util.options import as_flag, check_options, is_option

__all__ = ["MethodSettings"]


@dataclasses.dataclass(frozen=True)
class MethodSettings:
    """The options of one method, each an `option`; a subclass per method, checked however it is
    made.

    Attributes:
      method: name of the method that they belong to.

    Raises:
      UserError: a value of another type, out of bounds, or none of the choices.
    """

    method: ClassVar[str]

    def __post_init__(self) -> None:
        check_options(self)
        for field in dataclasses.fields(self):
            rate = field.name.endswith(("learning_rate", "_lr"))
            if rate and not getattr(self, field.name) > 0:
                raise UserError(
                    f"{field.name}={getattr(self, field.name)}: a learning rate must be positive."
                )

    def values(self) -> dict[str, Any]:
        """Option -> value."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if is_option(f)}

    def as_flags(self) -> str:
        """The lines of a flag file that give these settings, `method` first."""
        lines = [as_flag("method", self.method)]
        lines += [as_flag(name, value) for name, value in self.values().items()]
        return "\n".join(lines) + "\n"
