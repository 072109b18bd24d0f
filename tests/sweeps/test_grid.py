"""Which runs a sweep has, and what they are called."""

import pathlib

import pytest

from tf_dictsum.methods.dictsum.settings import DictSumSettings
from tf_dictsum.methods.sum_gan_aae.settings import SumGanAaeSettings
from tf_dictsum.sweeps.grid import jobs_of, variants_of
from tf_dictsum.sweeps.work import kind_of
from tf_dictsum.training.config import RunConfig
from tf_dictsum.util.errors import UserError

BASE = RunConfig(seeds=(3, 4), epochs=7)


def test_the_grid_and_its_names():
    found = variants_of(BASE, ("sum_gan_aae", "dictsum"), (0.15, 0.3), (0.1, 1.0, 10.0))
    names = [v.name for v in found]
    assert names[0] == "sum_gan_aae-sigma0.15"
    assert names[1:3] == ["sum_gan_aae-sigma0.3", "dictsum-sigma0.15-lambda0.1"]
    assert len(names) == len(set(names)) == 2 + 2 * 3
    last = found[-1].config
    assert (last.method, last.epochs) == (DictSumSettings(sigma=0.3, dict_weight=10.0), 7)
    # A sweep that grows keeps the names, and so the folders, of what it has.
    assert set(names) > {v.name for v in variants_of(BASE, ("dictsum",), (0.15,), (1.0,))}


def test_without_axes_the_configuration_itself_and_named_variants_beside_it():
    other = RunConfig(method=DictSumSettings(dictionary="frozen"))
    found = variants_of(BASE, named={"frozen": other})
    assert [v.name for v in found] == ["dictsum-sigma0.15-lambda1", "frozen"]
    assert (found[0].config, found[1].config) == (BASE, other)


def test_jobs_are_seeds_times_splits_in_folders_of_their_own():
    jobs = jobs_of(variants_of(BASE, dict_weights=(1.0, 2.0)), [0, 2], pathlib.Path("runs/x"))
    assert len(jobs) == len({j.config.run_dir for j in jobs}) == 2 * 2 * 2
    job = jobs[3]
    assert job.name == "dictsum-sigma0.15-lambda1-split2-seed4"
    assert job.folder == pathlib.Path("runs/x/jobs") / job.name
    assert job.history == job.folder / "split2-seed4" / "history.json"
    assert (job.config.all_seeds, job.config.split, job.config.progress) == ((4,), "2", False)
    assert kind_of(jobs[0]) == kind_of(job) != kind_of(jobs[4])


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"methods": ("magic",)}, "no method named magic"),
        ({"sigmas": (0.1, 0.1)}, "sigmas=0.1,0.1: every value once"),
        ({"sigmas": (1.5,)}, "`sigmas` are between 0 and 1"),
        ({"dict_weights": (-1.0,)}, "`dict_weights` 0 or more"),
        ({"dict_weights": (float("nan"),)}, "`dict_weights` 0 or more"),
        ({"named": {"dictsum-sigma0.15-lambda1": BASE}}, "is there already"),
        ({"named": {"a b": BASE}}, "cannot name a folder"),
    ],
)
def test_contradictions(axes, message):
    with pytest.raises(UserError, match=message):
        variants_of(BASE, **axes)


def test_a_methods_options_come_from_the_base_unless_told_otherwise():
    base = RunConfig(method=DictSumSettings(hidden_size=9, learning_rate=1e-3, dict_weight=2.0))
    (variant,) = variants_of(base, ("sum_gan_aae",))
    assert variant.config.method == SumGanAaeSettings(hidden_size=9, learning_rate=1e-3)
    (variant,) = variants_of(
        base, ("sum_gan_aae",), settings_of=lambda m: SumGanAaeSettings(clip=1.0)
    )
    assert variant.config.method == SumGanAaeSettings(clip=1.0)
