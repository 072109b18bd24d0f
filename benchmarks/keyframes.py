"""How well key frames and clips stand for a film: this package's, a trained selector's, and what
other tools would show.

    python benchmarks/keyframes.py --dataset=FILM_FEATURES.h5 --videos=FOLDER
    [--run_dirs=runs/films_folds] [--scenedetect=scenedetect]

Needs the commands `ffmpeg` and PySceneDetect's `scenedetect` (pip install scenedetect, in a place
of its own if you like).
Per film, every method gives the same number of key frames; each is taken to the sampled frame
nearest to it within the same shot of the edit, and measured by

  representation error: mean distance in feature space from every sampled frame to the nearest key
  frame, and clips seen: part of the different recordings the film was cut from that at least one
  key frame shows.

The films are edits of known recordings, some of them shown repeatedly; nobody's labels are used.
Run directories must have been trained with --folds, so that every film is scored by a selector that
never saw it. Prints two tables and one JSON line; intervals are
95 % bootstrap intervals over the films of the ratio to random, each film counting once.
"""

import dataclasses
import json
import pathlib
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import h5py
import numpy as np

from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.video import Video
from tf_dictsum.footage.footage import Footage, regular_timeline
from tf_dictsum.metrics.representation import representation_error
from tf_dictsum.selectors.metadata import is_selector
from tf_dictsum.summary.budget import Budget
from tf_dictsum.summary.selectors import Representative, Selector, Trained
from tf_dictsum.summary.summarizing import summarize
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json

OWN = "PySceneDetect's own"
DEFAULT = "**representative (default)**"
Counts = dict[str, int]  # film -> number of key frames


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    dataset: str = cli.option(
        "", "features of the films, with the attributes file, fps and clip_of_shot"
    )
    videos: str = cli.option("", "folder of the films")
    run_dirs: str = cli.option("", "run directories of training with --folds, comma-separated")
    counts: tuple[int, ...] = cli.option(
        [5, 10, 20], "numbers of key frames, beside PySceneDetect's own"
    )
    draws: int = cli.option(200, "random draws", lower_bound=2)
    scenedetect: str = cli.option("scenedetect", "the command of PySceneDetect")


@dataclasses.dataclass(frozen=True, eq=False)
class Film:
    """One film: features, known shots, the recording of every shot, the file."""

    video: Video
    file: pathlib.Path
    fps: float
    clips: list[str]

    @property
    def shot_of(self) -> np.ndarray:
        """Known shot of every frame."""
        assert self.video.change_points is not None
        return (
            np.searchsorted(
                self.video.change_points[:, 0], np.arange(self.video.n_frames), side="right"
            )
            - 1
        )

    def steps(self, frames: list[int]) -> np.ndarray:
        """The sampled frames nearest to these frames, within the same shot where it has one."""
        shot, picks = self.shot_of, self.video.picks
        away = np.abs(np.asarray(frames)[:, None] - picks) + 10**6 * (
            shot[frames][:, None] != shot[picks]
        )
        return away.argmin(axis=1)

    def error(self, steps: np.ndarray) -> float:
        """Representation error of key frames."""
        assert self.video.features is not None
        chosen = np.zeros(self.video.n_steps, bool)
        chosen[steps] = True
        return representation_error(self.video.features, chosen)

    def seen(self, steps: np.ndarray) -> float:
        """Part of the recordings that key frames show, of as many as so many frames can show."""
        shown = {self.clips[shot] for shot in self.shot_of[self.video.picks[steps]]}
        return len(shown) / min(len(set(self.clips)), len(steps))

    def footage(self) -> Footage:
        """As the summarizer sees it: without the known shots."""
        assert self.video.features is not None
        return Footage(
            "",
            self.video.key,
            0,
            0,
            regular_timeline(self.video.n_frames, self.fps),
            self.video.picks,
            self.video.features,
            {},
        )


def read_films(options: Options) -> list[Film]:
    """The films of the dataset that are in the folder."""
    films = []
    with h5py.File(options.dataset, "r") as file:
        for key, video in load_dataset(options.dataset).videos.items():
            about = file[key].attrs
            films.append(
                Film(
                    video,
                    pathlib.Path(options.videos, str(about["file"])),
                    float(about["fps"]),
                    str(about["clip_of_shot"]).split(","),
                )
            )
    missing = [str(film.file) for film in films if not film.file.is_file()]
    if missing:
        raise UserError(f"missing films: {', '.join(missing)}.")
    return films


def command(*words: str) -> str:
    """What a command says on both channels. Raises UserError when it fails."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(f"{words[0]}: {getattr(error, 'stderr', '') or error}") from error
    return done.stdout + done.stderr


def scene_middles(film: Film, program: str) -> list[int]:
    """Middle frames of PySceneDetect's scenes (its default detector)."""
    with tempfile.TemporaryDirectory() as folder:
        command(
            program,
            "-q",
            "-i",
            str(film.file),
            "-o",
            folder,
            "detect-adaptive",
            "list-scenes",
            "-q",
            "-s",
        )
        (table,) = pathlib.Path(folder).glob("*.csv")
        rows = [line.split(",") for line in table.read_text().splitlines()[1:]]
    return [(int(row[1]) + int(row[4])) // 2 - 1 for row in rows]


def thumbnails(film: Film, count: int) -> list[int]:
    """ffmpeg -vf thumbnail, with the batch length that gives `count` pictures."""
    batch = -(-film.video.n_frames // count)
    said = command(
        "ffmpeg",
        "-hide_banner",
        "-nostats",
        "-i",
        str(film.file),
        "-vf",
        f"thumbnail=n={batch},showinfo",
        "-an",
        "-f",
        "null",
        "-",
    )
    return [
        round(float(t) * film.fps)
        for t in re.findall(r"showinfo.* n: *\d+ .*pts_time:([\d.]+)", said)
    ][:count]


def scene_scores(film: Film) -> np.ndarray:
    """Score of ffmpeg's scene filter for every frame."""
    chain = "select='gte(scene,0)',metadata=print:key=lavfi.scene_score:file=-"
    said = command(
        "ffmpeg",
        "-hide_banner",
        "-nostats",
        "-loglevel",
        "error",
        "-i",
        str(film.file),
        "-vf",
        chain,
        "-an",
        "-f",
        "null",
        "-",
    )
    return np.array([float(score) for score in re.findall(r"scene_score=([\d.]+)", said)])


def held_out_scores(
    path: pathlib.Path, epoch: int | None, films: list[Film]
) -> dict[int, dict[str, np.ndarray]]:
    """Seed -> film -> scores of the selector that was not trained on it. `epoch` None: the last."""
    scores: dict[int, dict[str, np.ndarray]] = {}
    for folder in path.glob("split*-seed*"):
        seed = int(folder.name.rsplit("seed", 1)[1])
        split = read_json(folder / "split.json")
        if set(split["train_keys"]) & set(split["test_keys"]):
            raise UserError(f"{folder}: trained on the films that it tests. Train with --folds.")
        files = sorted((folder / "scores").glob("epoch-*.json"))
        if not is_selector(folder) or not files:
            continue  # not finished
        chosen = files[-1] if epoch is None else folder / "scores" / f"epoch-{epoch:03d}.json"
        scores.setdefault(seed, {}).update(
            {key: np.array(row) for key, row in read_json(chosen).items()}
        )
    whole = {
        seed: found
        for seed, found in sorted(scores.items())
        if {f.video.key for f in films} <= found.keys()
    }
    if not whole:
        raise UserError(f"{path}: no seed whose folds are all finished.")
    return whole


def random_steps(counts: Counts, draw: int, film: Film) -> np.ndarray:
    """Any sampled frames."""
    return np.random.default_rng(draw).choice(
        film.video.n_steps, counts[film.video.key], replace=False
    )


def uniform_steps(counts: Counts, film: Film) -> np.ndarray:
    """The middles of equal parts."""
    count = counts[film.video.key]
    return film.steps([int((i + 0.5) * film.video.n_frames / count) for i in range(count)])


def thumbnail_steps(counts: Counts, film: Film) -> np.ndarray:
    """ffmpeg's thumbnail filter."""
    return film.steps(thumbnails(film, counts[film.video.key]))


def highest_cuts(counts: Counts, cuts: dict[str, np.ndarray], film: Film) -> np.ndarray:
    """The frames of the highest scene scores: what select='gt(scene,t)' gives for the threshold
    that fits the count.
    """
    return film.steps(
        np.argsort(-cuts[film.video.key], kind="stable")[: counts[film.video.key]].tolist()
    )


def key_steps(counts: Counts, scores: dict[str, np.ndarray] | None, film: Film) -> np.ndarray:
    """This package's key frames, by these scores or by the default."""
    found = summarize(
        film.footage(), selector_of(scores, film), Budget(key_frames=counts[film.video.key])
    )
    return film.steps([key.frame for key in found.key_frames])


def clip_steps(scores: dict[str, np.ndarray] | int | None, film: Film) -> np.ndarray:
    """Sampled frames in this package's clip of 15 %, by these scores, by random ones (a seed), or
    by the default.
    """
    segments = summarize(film.footage(), selector_of(scores, film), Budget()).segments
    picks = film.video.picks
    return np.flatnonzero(
        np.any([(picks >= s.start_frame) & (picks <= s.end_frame) for s in segments], axis=0)
    )


def selector_of(scores: dict[str, np.ndarray] | int | None, film: Film) -> Selector:
    """A selector that gives these scores."""
    if scores is None:
        return Representative()
    row = (
        np.random.default_rng(scores).random(film.video.n_steps)
        if isinstance(scores, int)
        else scores[film.video.key]
    )
    return Trained(lambda features: row, "scores", "", "")


def interval(ratios: np.ndarray) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the mean over films."""
    draws = np.random.default_rng(0).integers(0, len(ratios), (10_000, len(ratios)))
    low, high = np.percentile(ratios[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


class Table:
    """Rows of [seeds, films] errors and shares, beside random."""

    def __init__(self, title: str, random_errors: np.ndarray, random_seen: np.ndarray):
        self.title, self.random = title, random_errors
        self.rows: dict[str, dict[str, Any]] = {}
        self.add("random", random_errors, random_seen)

    def add(self, name: str, errors: np.ndarray, seen: np.ndarray) -> None:
        """One row."""
        ratios = errors.mean(axis=0) / self.random.mean(axis=0)
        low, high = interval(ratios)
        mean, spread = errors.mean(), errors.mean(axis=1).std(ddof=1) if len(errors) > 1 else None
        self.rows[name] = {
            "error": mean,
            "sd": spread,
            "runs": len(errors),
            "ratio": ratios.mean(),
            "low": low,
            "high": high,
            "seen": seen.mean(),
        }

    def show(self) -> None:
        """As Markdown."""
        print(
            f"\n| {self.title} | representation error | of random's [95 % interval over films] | "
            "clips seen |"
        )
        print("| --- | ---: | ---: | ---: |")
        for name, row in self.rows.items():
            runs = f" ± {row['sd']:.2f} (sd, {row['runs']} runs)" if row["sd"] is not None else ""
            ratio = f"{row['ratio']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
            print(f"| {name} | {row['error']:.2f}{runs} | {ratio} | {100 * row['seen']:.0f} % |")


def measure(
    films: list[Film], runs: Sequence[Callable[[Film], np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Errors and shares of clips seen, [runs, films]."""
    steps = [[run(film) for film in films] for run in runs]
    return (
        np.array([[film.error(s) for film, s in zip(films, row, strict=True)] for row in steps]),
        np.array([[film.seen(s) for film, s in zip(films, row, strict=True)] for row in steps]),
    )


def main(argv: list[str]) -> None:
    """Prints the tables."""
    del argv
    options = cli.from_flags(Options)
    films = read_films(options)
    middles = {film.video.key: scene_middles(film, options.scenedetect) for film in films}
    cuts = {film.video.key: scene_scores(film) for film in films}
    trained: dict[str, dict[int, dict[str, np.ndarray]]] = {}
    for path in (pathlib.Path(p) for p in options.run_dirs.split(",") if p):
        trained[f"trained selector, held-out films ({path.name})"] = held_out_scores(
            path, None, films
        )
        trained[f"the same, untrained ({path.name})"] = held_out_scores(path, 0, films)
    report: dict[str, Any] = {"films": len(films), "draws": options.draws, "tables": {}}
    tables = []
    for asked in (None, *options.counts):
        title = f"key frames, {OWN} number" if asked is None else f"{asked} key frames"
        counts = {f.video.key: len(middles[f.video.key]) if asked is None else asked for f in films}
        table = Table(
            title,
            *measure(films, [partial(random_steps, counts, draw) for draw in range(options.draws)]),
        )
        table.add("uniform", *measure(films, [partial(uniform_steps, counts)]))
        table.add("ffmpeg thumbnail", *measure(films, [partial(thumbnail_steps, counts)]))
        table.add(
            "ffmpeg scene select, highest scores",
            *measure(films, [partial(highest_cuts, counts, cuts)]),
        )
        if asked is None:
            table.add(
                "PySceneDetect, middle frames",
                *measure(films, [lambda film: film.steps(middles[film.video.key])]),
            )
        table.add(DEFAULT, *measure(films, [partial(key_steps, counts, None)]))
        for name, seeds in trained.items():
            table.add(
                name,
                *measure(films, [partial(key_steps, counts, scores) for scores in seeds.values()]),
            )
        tables.append(table)
    clip = Table(
        "clip of 15 %",
        *measure(films, [partial(clip_steps, draw) for draw in range(min(options.draws, 50))]),
    )
    clip.add(DEFAULT, *measure(films, [partial(clip_steps, None)]))
    for name, seeds in trained.items():
        clip.add(name, *measure(films, [partial(clip_steps, scores) for scores in seeds.values()]))
    for table in (*tables, clip):
        table.show()
        report["tables"][table.title] = table.rows
    print("\n" + json.dumps(report))


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
