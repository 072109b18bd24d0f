"""Means over videos and splits, the plain way."""

import numpy as np

from tf_dictsum.metrics.evaluation import evaluate_video


def dataset_means(scores, dataset, splits=None, rule="knapsack"):
    """Measure -> mean over the videos of each split (all without splits), then over the splits."""
    groups = [list(dataset.videos)] if splits is None else [list(s.test_keys) for s in splits]
    results = {
        key: evaluate_video(scores[key], dataset.videos[key], rule).metrics()
        for key in {key for group in groups for key in group}
    }
    names = next(iter(results.values()))
    return {
        name: None
        if any(result[name] is None for result in results.values())
        else float(np.mean([np.mean([results[key][name] for key in group]) for group in groups]))
        for name in names
    }
