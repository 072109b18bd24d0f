"""One bit flipped in any file of a finished run is noticed by who reads it next."""

import pathlib
import random

import pytest

from tf_dictsum.methods.dictsum.settings import DictSumSettings
from tf_dictsum.selectors.files import read_selector
from tf_dictsum.training.config import RunConfig
from tf_dictsum.training.run_directory import RunDirectory
from tf_dictsum.training.split_folder import check_split_folder
from tf_dictsum.training.trainer import train
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.recorded import read_checked_json, verify

pytestmark = pytest.mark.slow

BITS = 25  # of every file


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    settings = DictSumSettings(hidden_size=6, parallel_size=5, pretrain_epochs=1)
    config = RunConfig(
        run_dir=str(tmp_path_factory.mktemp("run")),
        folds=2,
        split="0",
        epochs=2,
        progress=False,
        deterministic=True,
        method=settings,
    )
    train(config)
    return config


def noticed(config, path):
    """Whether reading the run says something."""
    folder = pathlib.Path(config.run_dir) / "split0-seed0"
    try:
        if path.name == "config.flags" or path.parent == pathlib.Path(config.run_dir):
            with RunDirectory(config).open():
                pass
            read_checked_json(pathlib.Path(config.run_dir) / "results.json")
        check_split_folder(folder, 2)
        read_checked_json(folder / "split.json")
        verify(folder / "parallel.weights.h5")
        for epoch in ("last", "selected"):
            read_selector(folder, epoch)
    except UserError as error:
        return "\n" not in str(error)
    return False


def test_no_flipped_bit_is_silent(config):
    root = pathlib.Path(config.run_dir)
    files = [*root.glob("*.json"), *root.glob("*.flags"), *root.glob("split*/*.json")]
    files += [
        *root.glob("split*/*.h5"),
        *root.glob("split*/scores/*.json"),
        *root.rglob("SHA256SUMS"),
    ]
    assert len(files) >= 12
    silent, flips = [], 0
    assert not noticed(config, root / "config.flags")
    for number, file in enumerate(sorted(files)):
        whole = file.read_bytes()
        for bit in random.Random(number).sample(range(8 * len(whole)), BITS):
            content = bytearray(whole)
            content[bit // 8] ^= 1 << bit % 8
            file.write_bytes(content)
            flips += 1
            if not noticed(config, file):
                silent.append((file.name, bit))
            file.write_bytes(whole)
    print(f"{flips} flips in {len(files)} files, {len(silent)} silent")
    assert flips >= 200
    assert silent == []


@pytest.mark.parametrize("name", ["model.weights.h5", "config.json", "metadata.json"])
def test_a_damaged_selector_of_a_finished_run_is_written_again(config, name):
    file = pathlib.Path(config.run_dir) / "split0-seed0" / name
    whole = file.read_bytes()
    file.unlink() if name == "model.weights.h5" else file.write_bytes(whole[: len(whole) // 2])
    train(config)
    read_selector(file.parent)
    if name == "config.json":
        assert file.read_bytes() == whole


@pytest.mark.parametrize("name", ["history.json", "split.json", "selected.weights.h5"])
def test_a_finished_run_that_lost_a_file(config, name):
    file = pathlib.Path(config.run_dir) / "split0-seed0" / name
    whole = file.read_bytes()
    file.unlink()
    with pytest.raises(UserError, match=rf"{name}: is gone.*delete .* to train this split anew"):
        train(config)
    file.write_bytes(whole)
    train(config)
