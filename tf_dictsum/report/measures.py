"""What every measure is called in tables, and with how many digits it is printed."""

import dataclasses

__all__ = ["BLOCKS", "LABELS", "Label", "number", "with_sd"]


@dataclasses.dataclass(frozen=True)
class Label:
    """How a measure is shown.

    Attributes:
      short: heading of a column.
      digits: after the point.
      long: heading of a table, "" where `short` says it all.
      coarse: digits in tables of seeds and splits, over which F varies by whole percents; None:
        as `digits`.
    """

    short: str
    digits: int
    long: str = ""
    coarse: int | None = None

    @property
    def title(self) -> str:
        """Heading of a table."""
        return self.long or self.short


LABELS = {
    "f_max": Label("F max", 2, "F, best user (%)", 1),
    "f_avg": Label("F avg", 2, "F, mean over users (%)", 1),
    "precision": Label("precision", 2, "precision (%)", 1),
    "recall": Label("recall", 2, "recall (%)", 1),
    "f_single": Label("F single", 2),
    "por_f_max": Label("PoR max", 1),
    "por_f_avg": Label("PoR avg", 1),
    "kendall_tau": Label("tau", 3, "Kendall τ"),
    "spearman_rho": Label("rho", 3, "Spearman ρ"),
    "tau_summe_b": Label("tau B", 3),
    "rho_summe_b": Label("rho B", 3),
    "tau_summe_c": Label("tau C", 3),
    "rho_summe_c": Label("rho C", 3),
    "representation_error": Label("repr. error", 2, "representation error (lower is better)"),
    "representation_error_vs_random": Label("/random", 3),
    "representation_error_vs_greedy": Label("/greedy", 3),
    "reconstruction_residual": Label("residual", 3),
    "reconstruction_residual_vs_random": Label("/random", 3),
    "reconstruction_residual_vs_greedy": Label("/greedy", 3),
    "dispersion": Label("dispersion", 2),
    "dispersion_vs_random": Label("/random", 3),
    "dispersion_vs_greedy": Label("/greedy", 3),
    "selected_steps": Label("frames", 1, "selected frames (sampled)"),
    "selected_shots": Label("shots", 1, "selected shots"),
    "summary_percent": Label("% of video", 1),
}

BLOCKS = {
    "Agreement with people (F in percent)": (
        "f_max",
        "f_avg",
        "precision",
        "recall",
        "f_single",
        "por_f_max",
        "por_f_avg",
    ),
    "Rank correlation with people": (
        "kendall_tau",
        "spearman_rho",
        "tau_summe_b",
        "rho_summe_b",
        "tau_summe_c",
        "rho_summe_c",
    ),
    "Representation without labels (features only)": (
        "representation_error",
        "representation_error_vs_random",
        "representation_error_vs_greedy",
        "reconstruction_residual",
        "reconstruction_residual_vs_random",
        "reconstruction_residual_vs_greedy",
        "dispersion",
        "dispersion_vs_random",
        "dispersion_vs_greedy",
    ),
    "Size of the summaries": ("selected_steps", "selected_shots", "summary_percent"),
}
"""Titles of the parts of a table, and their measures."""


def number(value: float | None, name: str, *, coarse: bool = False) -> str:
    """The value of a measure with its digits; a dash where there is none."""
    label = LABELS[name]
    digits = label.coarse if coarse and label.coarse is not None else label.digits
    return "–" if value is None else f"{value:z.{digits}f}"


def with_sd(value: float | None, sd: float | None, name: str, *, coarse: bool = False) -> str:
    """As `number`, with ± its deviation over draws where there is one."""
    text = number(value, name, coarse=coarse)
    return text if value is None or sd is None else f"{text} ± {number(sd, name, coarse=coarse)}"
