"""Which splits a run trains."""

from tf_dictsum.data.splits import Split, load_splits, make_folds
from tf_dictsum.data.video import Dataset
from tf_dictsum.training.config import RunConfig
from tf_dictsum.util.errors import UserError

__all__ = ["chosen_splits"]


def chosen_splits(config: RunConfig, dataset: Dataset) -> dict[int, Split]:
    """Number -> split, as `splits`, `folds` and `split` of the configuration say.

    Raises:
      UserError: the split file does not fit the dataset, or `split` names none of them.
    """
    if config.splits:
        splits = load_splits(config.splits, list(dataset.videos), dataset.source)
    else:
        splits = make_folds(list(dataset.videos), config.folds, config.fold_seed)
    if config.split == "all":
        return dict(enumerate(splits))
    number = int(config.split)
    if number >= len(splits):
        raise UserError(f"split={number}: there are {len(splits)} splits, numbered from 0.")
    return {number: splits[number]}
