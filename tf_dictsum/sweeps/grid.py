"""Which runs a sweep consists of."""

import dataclasses
import itertools
import pathlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from tf_dictsum.methods.registry import METHODS
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.training.config import RunConfig
from tf_dictsum.util.errors import UserError

__all__ = ["Job", "Variant", "jobs_of", "variants_of"]


@dataclasses.dataclass(frozen=True)
class Variant:
    """One row of the table: a configuration without its seed, split and folder.

    Attributes:
      name: also names folders; the same configuration keeps its name when a sweep grows.
      config: of every run of it.
    """

    name: str
    config: RunConfig


@dataclasses.dataclass(frozen=True)
class Job:
    """One training: a variant with one seed on one split, in a run directory of its own.

    Attributes:
      name: <variant>-split<k>-seed<s>.
      variant: name of its variant.
      split, seed: of the run.
      config: complete, with run_dir.
    """

    name: str
    variant: str
    split: int
    seed: int
    config: RunConfig

    @property
    def folder(self) -> pathlib.Path:
        """The job's run directory."""
        return pathlib.Path(self.config.run_dir)

    @property
    def history(self) -> pathlib.Path:
        """The records of its epochs."""
        return self.folder / f"split{self.split}-seed{self.seed}" / "history.json"


AXES = {"sigma": ("sigmas", "sigma"), "dict_weight": ("dict_weights", "lambda")}
"""Option -> the axis that varies it, and what its value is called in a variant's name."""


def variants_of(
    base: RunConfig,
    methods: Sequence[str] = (),
    sigmas: Sequence[float] = (),
    dict_weights: Sequence[float] = (),
    named: Mapping[str, RunConfig] | None = None,
    settings_of: Callable[[str], MethodSettings] | None = None,
) -> list[Variant]:
    """The grid method × σ × λ, then the named variants.

    Args:
      base: everything else; an empty axis takes its value.
      methods, sigmas, dict_weights: the axes; a method without σ or λ is taken once.
      named: name -> configuration, beside the grid (ablations).
      settings_of: the settings of a method of the grid; else its defaults, with what `base` says
        otherwise.

    Raises:
      UserError: an unknown method, a value out of range or given twice, a variant's name given
        twice or unfit for a folder.
    """
    axes: dict[str, Sequence[float]] = {"sigma": sigmas, "dict_weight": dict_weights}
    lists: dict[str, Sequence[str | float]] = {"methods": methods}
    for axis, values in (lists | {AXES[option][0]: axes[option] for option in axes}).items():
        if len(set(values)) < len(values):
            raise UserError(f"{axis}={','.join(map(str, values))}: every value once, please.")
    unknown = sorted(set(methods) - set(METHODS))
    if unknown:
        raise UserError(
            f"methods={','.join(methods)}: no method named {', '.join(unknown)}; there are "
            f"{', '.join(METHODS)}."
        )
    if any(not 0 <= sigma <= 1 for sigma in sigmas) or any(not w >= 0 for w in dict_weights):
        raise UserError("`sigmas` are between 0 and 1, `dict_weights` 0 or more.")
    variants: dict[str, RunConfig] = {}
    for method in methods or (base.method.method,):
        settings = base.method
        if method != base.method.method:
            settings = settings_of(method) if settings_of else _carried_over(base.method, method)
        options = [option for option in AXES if option in settings.values()]
        choices = [axes[option] or (settings.values()[option],) for option in options]
        for point in itertools.product(*choices):
            changes = dict(zip(options, point, strict=True))
            name = "-".join([method, *(f"{AXES[o][1]}{v:g}" for o, v in changes.items())])
            changed = dataclasses.replace(settings, **changes)
            variants[name] = dataclasses.replace(base, method=changed)
    for name, config in (named or {}).items():
        if name in variants:
            raise UserError(f"variants: {name} is there already. Name every flag file differently.")
        if not name or set(name) & set("/\\ ") or name.startswith("."):
            raise UserError(f"variants: {name!r} cannot name a folder. Rename the flag file.")
        variants[name] = config
    return [Variant(name, config) for name, config in variants.items()]


def _carried_over(settings: MethodSettings, method: str) -> MethodSettings:
    """The defaults of `method`, with those options of `settings` that it has too and that are not
    at their default.
    """
    defaults, kind = type(settings)().values(), METHODS.settings(method)
    shared = kind().values()
    changed = {n: v for n, v in settings.values().items() if n in shared and v != defaults[n]}
    return kind(**changed)


def jobs_of(variants: Iterable[Variant], splits: Iterable[int], folder: pathlib.Path) -> list[Job]:
    """All runs: every variant's seeds × splits, a variant after the other, so that what is
    compiled for one run serves the next.
    """
    jobs = []
    numbers = list(splits)
    for variant in variants:
        for seed in variant.config.all_seeds:
            for split in numbers:
                name = f"{variant.name}-split{split}-seed{seed}"
                config = dataclasses.replace(
                    variant.config,
                    run_dir=str(folder / "jobs" / name),
                    split=str(split),
                    seed=seed,
                    seeds=(),
                    progress=False,
                )
                jobs.append(Job(name, variant.name, split, seed, config))
    return jobs
