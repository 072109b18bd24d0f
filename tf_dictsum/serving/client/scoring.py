"""Scores a whole dataset through a server, several videos on their way at a time."""

import concurrent.futures
import pathlib

import numpy as np
from absl import logging

from tf_dictsum.data.video import Dataset
from tf_dictsum.serving.client.client import ScoringClient
from tf_dictsum.serving.client.partial_scores import PartialScores
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import write_json
from tf_dictsum.util.progress import Progress

__all__ = ["score_dataset"]

_ROUNDS = 5  # of scoring again because the server moved to another version meanwhile


def score_dataset(
    client: ScoringClient,
    dataset: Dataset,
    out: pathlib.Path,
    *,
    in_flight: int = 8,
    progress: bool = True,
) -> int:
    """Scores every video of a dataset with one and the same model version, and writes {"video_1":
    [n_steps floats], ...}.

    What is received is kept in `<out>.partial`; called again after an interruption, it asks only
    for the rest. When the server moves to another version meanwhile, the videos scored by the
    former are scored again.

    Args:
      client: the server and the model.
      dataset: its videos have features.
      out: the file to write.
      in_flight: requests on their way at a time.
      progress: whether to show a bar on stderr.

    Returns:
      The version.

    Raises:
      UserError: the server's model expects features of another width, the file system refuses, or
        what `ScoringClient` raises.
        What was received before is kept.
    """
    features = {
        key: video.features for key, video in dataset.videos.items() if video.features is not None
    }
    model = client.model
    partial = PartialScores(out, f"{model.name} {model.signature}", features)
    with Progress(len(features), progress, unit="video") as bar:
        for number in range(_ROUNDS):
            version, width = client.signature()
            if width not in (None, dataset.feature_size):
                raise UserError(
                    f"{dataset.source}: features of width {dataset.feature_size}, but model "
                    f"{model.name} version {version} expects "
                    f"{width}. Use the features that it was trained on."
                )
            if number:
                logging.warning(
                    "the server has moved to version %d; scoring again what another one scored.",
                    version,
                )
            bar.describe(f"{model.name} version {version}")
            todo = [key for key in features if partial.version(key) != version]
            bar.advance(steps=len(features) - len(todo) - bar.done)
            _score(client, {key: features[key] for key in todo}, partial, in_flight, bar)
            if len({partial.version(key) for key in features}) == 1:
                write_json(out, {key: [float(x) for x in partial.scores(key)] for key in features})
                partial.delete()
                return partial.version(next(iter(features)))
    raise UserError(
        f"model {model.name}: the server changed its version {_ROUNDS} times meanwhile. Pin one "
        "with `model_version`."
    )


def _score(
    client: ScoringClient,
    videos: dict[str, np.ndarray],
    partial: PartialScores,
    in_flight: int,
    bar: Progress,
) -> None:
    # Longest first: no long one is left alone at the end, and neighbours in a server's batch are
    # alike.
    order = sorted(videos, key=lambda key: -len(videos[key]))
    with concurrent.futures.ThreadPoolExecutor(in_flight, "score") as pool:
        calls = {pool.submit(client.score, videos[key]): key for key in order}
        try:
            for call in concurrent.futures.as_completed(calls):
                partial.add(calls[call], call.result())
                bar.advance({})
        except BaseException as error:
            for call in calls:
                call.cancel()
            client.close()  # the calls under way, and their waits for another try, end at once
            if isinstance(error, UserError) and len(partial):
                raise UserError(
                    f"{error} {len(partial)} of {partial.total} videos are kept in "
                    f"{partial.path}; the same command goes on from there."
                ) from error
            raise
        finally:
            partial.save()
