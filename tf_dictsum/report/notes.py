"""What a reader must know of a dataset before any number."""

from tf_dictsum.data.video import Dataset

__all__ = ["dataset_notes"]

_STANDIN = (
    "The features are taken from unrelated footage and are STAND-INS: "
    "numbers on them say nothing about any method."
)
_DEMO = (
    "The demo set is GENERATED: it shows that everything runs; "
    "its numbers are not results on videos."
)


def dataset_notes(dataset: Dataset) -> list[str]:
    """Whether the features are stand-ins, and whether the set is the generated one."""
    notes = []
    if dataset.attributes.get("features_are_standin"):
        notes.append(_STANDIN)
    if dataset.source == "demo":
        notes.append(_DEMO)
    return notes
