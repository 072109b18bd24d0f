"""Which runs a sweep consists of."""

import dataclasses
import pathlib
from collections.abc import Iterable, Mapping, Sequence

from tf_dictsum.config import Config
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
    config: Config


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
    config: Config

    @property
    def folder(self) -> pathlib.Path:
        """The job's run directory."""
        return pathlib.Path(self.config.run_dir)

    @property
    def history(self) -> pathlib.Path:
        """The records of its epochs."""
        return self.folder / f"split{self.split}-seed{self.seed}" / "history.json"


def variants_of(
    base: Config,
    methods: Sequence[str] = (),
    sigmas: Sequence[float] = (),
    dict_weights: Sequence[float] = (),
    named: Mapping[str, Config] | None = None,
) -> list[Variant]:
    """The grid method × σ × λ, then the named variants.

    Args:
      base: everything else; an empty axis takes its value.
      methods, sigmas, dict_weights: the axes. λ means nothing to sum_gan_aae, which is taken once per σ.
      named: name -> configuration, beside the grid (ablations).

    Raises:
      UserError: an unknown method, a value out of range or given twice, a variant's name given twice or unfit for a folder.
    """
    for axis, values in (("methods", methods), ("sigmas", sigmas), ("dict_weights", dict_weights)):
        if len(set(values)) < len(values):
            raise UserError(f"--{axis}={','.join(map(str, values))}: every value once, please.")
    unknown = sorted(set(methods) - {"dictsum", "sum_gan_aae"})
    if unknown:
        raise UserError(
            f"--methods={','.join(methods)}: no method named {', '.join(unknown)}; there are dictsum and sum_gan_aae."
        )
    if any(not 0 <= sigma <= 1 for sigma in sigmas) or any(
        not weight >= 0 for weight in dict_weights
    ):
        raise UserError("--sigmas are between 0 and 1, --dict_weights 0 or more.")
    found: dict[str, Config] = {}
    for method in methods or (base.method,):
        for sigma in sigmas or (base.sigma,):
            weights = dict_weights or (base.dict_weight,)
            for weight in weights if method == "dictsum" else weights[:1]:
                name = f"{method}-sigma{sigma:g}" + (
                    f"-lambda{weight:g}" if method == "dictsum" else ""
                )
                found[name] = dataclasses.replace(
                    base, method=method, sigma=sigma, dict_weight=weight
                )
    for name, config in (named or {}).items():
        if name in found:
            raise UserError(
                f"--variants: {name} is there already. Name every flag file differently."
            )
        if not name or set(name) & set("/\\ ") or name.startswith("."):
            raise UserError(f"--variants: {name!r} cannot name a folder. Rename the flag file.")
        found[name] = config
    return [Variant(name, config) for name, config in found.items()]


def jobs_of(variants: Iterable[Variant], splits: Iterable[int], folder: pathlib.Path) -> list[Job]:
    """All runs: every variant's seeds × splits, a variant after the other, so that what is compiled for one run serves the next."""
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
