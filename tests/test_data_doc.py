"""docs/data.md says what the package does: its table against a written file, its examples against
the readers.
"""

import pathlib
import re

import h5py
import numpy as np

from tf_dictsum.build_dataset import Options
from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.data.hdf5 import load_dataset, save_dataset
from tf_dictsum.releases.change_points import fit_shots, read_shots

TEXT = (pathlib.Path(__file__).parents[1] / "docs" / "data.md").read_text(encoding="utf-8")


def block(language):
    return re.search(rf"```{language}\n(.*?)```", TEXT, re.DOTALL).group(1)


def test_the_layout_table_is_what_is_written(tmp_path):
    save_dataset(demo_dataset(), tmp_path / "demo.h5")
    rows = dict(re.findall(r"^\| (\w+) \| (float32|int64|string) \| ", TEXT, re.MULTILINE))
    shapes = dict(
        re.findall(r"^\| (\w+) \| (?:float32|int64|string) \| ([^|]+) \|", TEXT, re.MULTILINE)
    )
    with h5py.File(tmp_path / "demo.h5") as file:
        group = file["video_2"]
        sizes = {
            "T": 60,
            "D": 64,
            "2": 2,
            "U": 5,
            "n": int(group["n_frames"][()]),
            "S": len(group["change_points"]),
        }
        assert set(rows) == set(group)
        for name, kind in rows.items():
            assert kind == ("string" if group[name].dtype == object else str(group[name].dtype)), (
                name
            )
            shape = (
                ()
                if shapes[name] == "scalar"
                else tuple(sizes[part] for part in shapes[name].strip("[]").split(", "))
            )
            assert group[name].shape == shape, name


def test_examples_of_change_points(tmp_path):
    for language in ("json", "csv"):
        path = tmp_path / f"shots.{language}"
        path.write_text(block(language))
        found = list(read_shots(path).values())
        assert [
            fit_shots(shots, n, "GT")[-1, 1] + 1
            for shots, n in zip(found, (4494, 4729), strict=True)
        ] == [4494, 4729]
        assert found[0].title == "Air_Force_One"


def test_example_of_writing_the_layout(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(
        block("python"), {"videos": [("a film", np.ones((4, 3), np.float32), [0, 12, 25, 37], 50)]}
    )
    video = load_dataset("mine.h5").videos["video_1"]
    assert (video.name, video.n_steps, video.n_frames) == ("a film", 4, 50)


def test_flags_of_build_dataset_exist():
    for command in re.findall(r"tf_dictsum\.build_dataset (.*)", TEXT):
        assert set(re.findall(r"--(\w+)", command)) <= set(Options.__dataclass_fields__)
