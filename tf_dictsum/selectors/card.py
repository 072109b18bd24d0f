"""The README.md of a selector directory: what the model is, what it was trained on, and what was
measured.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["model_card"]


def model_card(config: Mapping[str, Any], metadata: Mapping[str, Any]) -> str:
    """A page in Markdown.

    Args:
      config: of the selector, as Keras serializes it.
      metadata: what metadata.json will hold; `description`, `attribution` and `limits` are printed
        as they are.
    """
    values = config["config"]
    width = values.get("input_size")
    method = metadata.get("method", "a selector")
    lines = [
        f"# {method}: scores for the frames of videos",
        "",
        metadata.get("description")
        or f"A `{config['class_name']}` of tf_dictsum: one score in [0, 1] per sampled frame.",
        "",
        "```python",
        "import tf_dictsum as td",
        "",
        'selector = td.load_selector("PATH/OF/THIS/FOLDER")',
        f"scores = selector.score(features)  # float [n_steps, {width}] -> float32 [n_steps]",
        "```",
        "",
        "## Features",
        "",
        *_features(width, metadata.get("extractor")),
        "",
        "## Training",
        "",
        *_training(metadata),
        *_table("Settings", metadata.get("settings")),
        *_results(metadata),
        "",
        "## Limits",
        "",
        metadata.get("limits")
        or "A score says how this model rates a frame among those of its video. Read measured numbers beside the rows of "  # noqa: E501
        "random scores, of a position prior and of people: `python -m tf_dictsum.evaluate` "
        "prints them.",
    ]
    if metadata.get("attribution"):
        lines += ["", "## Attribution", "", str(metadata["attribution"])]
    return "\n".join([*lines, "", f"Written by tf_dictsum {metadata.get('tf_dictsum')}.", ""])


def _features(width: object, record: Mapping[str, Any] | None) -> list[str]:
    if not record:
        return [
            f"Width {width}; the training data had no record of what made them. Give it features "
            "of the same kind."
        ]
    return [
        f"Width {width}: {record.get('network')} {record.get('layer')}, {record.get('fps')} "
        "frames per second.",
        f"Preprocessing: {record.get('preprocessing')}. Weights (SHA-256): "
        f"`{record.get('weights')}`.",
    ]


def _training(metadata: Mapping[str, Any]) -> list[str]:
    data = metadata.get("training_data") or {}
    lines = []
    if "converted_from" in metadata:
        lines.append(f"Converted from `{metadata['converted_from']}`.")
    if "epochs" in metadata:
        lines.append(
            f"{metadata['epochs']} epochs on {metadata.get('dataset', 'unnamed data')}, seed "
            f"{metadata.get('seed', 0)}."
        )
    if data.get("keys"):
        lines.append(f"{len(data['keys'])} videos: {', '.join(data['keys'])}.")
    if data.get("sha256"):
        lines.append(f"SHA-256 of their content: `{data['sha256']}`.")
    return lines or ["Not said."]


def _results(metadata: Mapping[str, Any]) -> list[str]:
    results = metadata.get("results")
    if not results:
        return ["", "## Results", "", "None were recorded."]
    lines = _table("Results", results)
    if metadata.get("results_on"):
        lines[3:3] = [f"Measured on {metadata['results_on']}.", ""]
    return lines


def _table(title: str, values: Mapping[str, Any] | None) -> list[str]:
    if not values:
        return []
    rows = [f"| `{name}` | {_cell(value)} |" for name, value in values.items()]
    return ["", f"## {title}", "", "| name | value |", "|---|---|", *rows]


def _cell(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")
