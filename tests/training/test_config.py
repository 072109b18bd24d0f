"""Flags and configuration."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
from absl import flags

from tf_dictsum.method_flags import (
    config_from_flags,
    define_run_flags,
    without_foreign_defaults,
)
from tf_dictsum.methods.dictsum.settings import DictSumSettings
from tf_dictsum.methods.sum_gan_aae.settings import SumGanAaeSettings
from tf_dictsum.sweep import Options
from tf_dictsum.training.config import RunConfig
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.flags import from_flags, with_dashes

CONFIGS = sorted((pathlib.Path(__file__).parents[2] / "configs").glob("*.flags"))


def parse(monkeypatch, *arguments, more=()):
    values = flags.FlagValues()
    monkeypatch.setattr(flags, "FLAGS", values)
    argv = ["train", *arguments]
    with monkeypatch.context() as patched:
        for kind in ("bool", "integer", "float", "list", "string", "enum"):
            original = getattr(flags, f"DEFINE_{kind}")
            patched.setattr(
                flags,
                f"DEFINE_{kind}",
                lambda *a, _define=original, **k: _define(*a, flag_values=values, **k),
            )
        patched.setattr(sys, "argv", argv)
        define_run_flags(argv, *more)
    values(without_foreign_defaults(argv))
    return config_from_flags()


def test_flags_and_defaults(monkeypatch):
    assert parse(monkeypatch) == RunConfig()
    config = parse(
        monkeypatch, "--seeds=0,3", "--shuffle", "--noprogress", "--sigma=0.3", "--update=joint"
    )
    method = config.method
    assert (config.all_seeds, config.shuffle, config.progress, method.sigma, method.update) == (
        (0, 3),
        True,
        False,
        0.3,
        "joint",
    )


def test_written_flags_replay_the_run(monkeypatch, tmp_path):
    config = RunConfig(
        seeds=(1, 2),
        shuffle=True,
        splits="a b.json",
        jit="off",
        method=DictSumSettings(sigma=0.3),
    )
    (tmp_path / "config.flags").write_text(config.as_flags())
    assert parse(monkeypatch, f"--flagfile={tmp_path / 'config.flags'}") == config


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.name)
def test_named_experiments_parse_and_say_what_they_are(monkeypatch, path):
    sweeps = "python -m tf_dictsum.sweep" in path.read_text()
    config = parse(monkeypatch, f"--flagfile={path}", more=[Options] if sweeps else [])
    if sweeps:
        for variant in from_flags(Options).variants:
            assert (CONFIGS[0].parents[1] / variant).is_file()
    assert config.run_dir == f"runs/{path.stem}"
    header = [line for line in path.read_text().splitlines() if line.startswith("#")]
    assert any(f"--flagfile=configs/{path.name}" in line for line in header)
    assert any(
        line.startswith("# Time: ") and line[8:].strip().isupper() is False for line in header
    )
    assert any(line.startswith("# Expect: ") for line in header)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"deterministic": True, "jit": "on"}, "`deterministic` and jit=on exclude each other"),
        ({"split": "x"}, "split=x: expected all or a number"),
        ({"method": "magic"}, "method=magic: no such method; there are dictsum"),
        ({"epochs": 0}, "epochs=0: expected a whole number of 1 or more"),
        ({"epochs": 2.5}, "epochs=2.5: expected a whole number"),
        ({"jit": "maybe"}, "jit=maybe: expected auto or loops or on or off"),
        ({"shuffle": 1}, "shuffle=1: expected True or False"),
        ({"seeds": (1, 1)}, "different non-negative integers"),
        ({"seeds": (-1,)}, "different non-negative integers"),
    ],
)
def test_contradictions(change, message):
    with pytest.raises(UserError, match=message):
        RunConfig(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clip_scope": "all", "update": "joint"}, "Use update=sequential"),
        ({"learning_rate": 0.0}, "learning_rate=0.0: a learning rate must be positive"),
        ({"hidden_size": -3}, "hidden_size=-3: expected a whole number of 1 or more"),
        ({"clip_scope": "nonsense"}, "clip_scope=nonsense: expected group or all"),
        ({"sigma": 1.5}, "sigma=1.5: expected a finite number from 0 to 1"),
        ({"sigma": float("nan")}, "sigma=nan: expected a finite number from 0 to 1"),
        ({"dictionary": 3}, "dictionary=3: expected learned or frozen"),
    ],
)
def test_settings_check_themselves(change, message):
    with pytest.raises(UserError, match=message):
        DictSumSettings(**change)


def test_numbers_of_other_types_become_the_fields_own():
    settings = DictSumSettings(sigma=1, hidden_size=np.int64(7), clip=np.float32(0.5))
    assert (type(settings.sigma), type(settings.hidden_size), type(settings.clip)) == (
        float,
        int,
        float,
    )
    assert settings == DictSumSettings(sigma=1.0, hidden_size=7, clip=0.5)


def test_a_name_stands_for_a_methods_defaults():
    assert RunConfig(method="sum_gan_aae").method == SumGanAaeSettings()
    assert RunConfig().method == DictSumSettings()


def test_only_the_chosen_methods_options_exist(monkeypatch, tmp_path):
    config = parse(monkeypatch, "--method=sum_gan_aae", "--hidden_size=7")
    assert config == RunConfig(method=SumGanAaeSettings(hidden_size=7))
    with pytest.raises(
        UserError, match="--dict_weight is an option of dictsum, not of method sum_gan_aae"
    ):
        parse(monkeypatch, "--method=sum_gan_aae", "--dict_weight=2")
    # A flag file of an earlier version lists every option of every method.
    old = tmp_path / "config.flags"
    old.write_text("--method=sum_gan_aae\n--dict_weight=1.0\n--parallel_encoder=\n--sigma=0.2\n")
    assert parse(monkeypatch, f"--flagfile={old}").method == SumGanAaeSettings(sigma=0.2)


def test_xla_choice():
    assert RunConfig().use_xla
    assert not RunConfig(deterministic=True).use_xla
    assert not RunConfig(jit="off").use_xla


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs=many"], "flag --epochs=many: invalid literal"),
        (["--nonsense=1"], "Unknown command line flag 'nonsense'"),
        (["--flagfile=missing.flags"], "missing.flags"),
        (["--seeds=0,x"], "--seeds=0,x: expected a list of int"),
        (["--method=magic"], "--method=magic"),
        (["stray"], "unexpected argument 'stray'"),
        (["--split=9"], "--split=9: there are 5 splits, numbered from 0"),
        (["--dataset=missing.h5"], "missing.h5: no such file"),
        (["--epochs=0"], "--epochs=0"),
    ],
)
def test_mistakes_are_one_line_and_status_2(tmp_path, arguments, message):
    done = subprocess.run(
        [sys.executable, "-m", "tf_dictsum.train", f"--run_dir={tmp_path / 'run'}", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout


def test_unknown_flag_in_a_flag_file(tmp_path):
    (tmp_path / "own.flags").write_text("--sigma=0.3\n--simga=0.2\n")
    done = subprocess.run(
        [sys.executable, "-m", "tf_dictsum.train", f"--flagfile={tmp_path / 'own.flags'}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert (
        done.stderr
        == "error: Unknown command line flag 'simga'. Did you mean: sigma ?. Try --help.\n"
    )


def test_version():
    done = subprocess.run(
        [sys.executable, "-m", "tf_dictsum.train", "--version"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "tf_dictsum 0.1.0\n")


def test_nobody_reads_on():
    """As in `... --help | head -1`: no traceback, and the status that a shell shows for a closed
    pipe.
    """
    code = "from tf_dictsum.util import flags as cli; cli.run(lambda argv: [print('x' * 1000, flush=True) for _ in range(1000)] and 0)"  # noqa: E501
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


def test_a_broken_pipe_elsewhere_is_an_error():
    code = "from tf_dictsum.util import flags as cli\ndef main(argv):\n    raise BrokenPipeError('a socket')\ncli.run(main)"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "BrokenPipeError: a socket" in done.stderr


def test_messages_of_the_library_get_dashes_for_flags_only():
    names = {"split", "clip"}
    said = with_dashes(
        "split=7: set `clip`, not `other` or other=3; a/split=1 stays, x.split=2 too.", names
    )
    assert said == "--split=7: set --clip, not `other` or other=3; a/split=1 stays, x.split=2 too."
    assert with_dashes("--split=7 has them already.", names) == "--split=7 has them already."
