"""What a trained selector's metadata says of its training."""

from collections.abc import Mapping, Sequence
from typing import Any

from tf_dictsum.data.extractor_record import read_extractor
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.methods.base import Method
from tf_dictsum.training.content import content_hash
from tf_dictsum.training.epoch_choice import selected_record

__all__ = ["selector_info"]


def selector_info(
    method: Method,
    dataset: Dataset,
    split: Split,
    seed: int,
    records: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Plain JSON values for `selectors.files.save_selector`.

    Args:
      method: as it was trained.
      dataset, split, seed: what on, and from which weights.
      records: of history.json, the last one of the epoch that is saved.
    """
    info: dict[str, Any] = {
        "method": method.name,
        "settings": method.settings.values(),
        "seed": seed,
        "epochs": records[-1]["epoch"],
        "dataset": dataset.name,
        "training_data": {
            "keys": list(split.train_keys),
            "sha256": content_hash(dataset, split.train_keys),
        },
        "results": records[-1]["mean"],
        "results_on": f"the {len(split.test_keys)} test videos of its split, after the last epoch",
    }
    extractor = read_extractor(dataset.attributes)
    if extractor:  # so that it refuses other features later
        info["extractor"] = extractor
    trained = [record for record in records if record["epoch"] > 0]
    if trained and method.criterion is not None:
        chosen = selected_record(trained, method.criterion)
        info["selected"] = {
            "epoch": chosen["epoch"],
            "criterion": method.criterion.text,
            "value": chosen["losses"].get(method.criterion.log),
        }
    return info
