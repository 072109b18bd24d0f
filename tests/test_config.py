"""Flags and configuration."""

import dataclasses
import pathlib
import subprocess
import sys

import pytest
from absl import flags

from tf_dictsum.config import Config
from tf_dictsum.sweep import Options
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.flags import define_flags, from_flags, with_dashes

CONFIGS = sorted((pathlib.Path(__file__).parents[1] / "configs").glob("*.flags"))


def parse(monkeypatch, *arguments, more=()):
    values = flags.FlagValues()
    monkeypatch.setattr(flags, "FLAGS", values)
    with monkeypatch.context() as patched:
        for kind in ("bool", "integer", "float", "list", "string", "enum"):
            original = getattr(flags, f"DEFINE_{kind}")
            patched.setattr(
                flags,
                f"DEFINE_{kind}",
                lambda *a, _define=original, **k: _define(*a, flag_values=values, **k),
            )
        for one in (Config, *more):
            define_flags(one)
    values(["train", *arguments])
    return from_flags(Config)


def test_flags_and_defaults(monkeypatch):
    assert parse(monkeypatch) == Config()
    config = parse(
        monkeypatch, "--seeds=0,3", "--shuffle", "--noprogress", "--sigma=0.3", "--update=joint"
    )
    assert (config.all_seeds, config.shuffle, config.progress, config.sigma, config.update) == (
        (0, 3),
        True,
        False,
        0.3,
        "joint",
    )


def test_written_flags_replay_the_run(monkeypatch, tmp_path):
    config = Config(seeds=(1, 2), sigma=0.3, shuffle=True, splits="a b.json", jit="off")
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
        ({"deterministic": True, "jit": "on"}, "--deterministic and --jit=on exclude each other"),
        ({"clip_scope": "all", "update": "joint"}, "Use --update=sequential"),
        ({"split": "x"}, "--split=x: expected all or a number"),
        ({"learning_rate": 0.0}, "--learning_rate=0.0: a learning rate must be positive"),
        ({"seeds": (1, 1)}, "different non-negative integers"),
        ({"seeds": (-1,)}, "different non-negative integers"),
    ],
)
def test_contradictions(change, message):
    with pytest.raises(UserError, match=message):
        Config(**change)


def test_xla_choice():
    assert Config().use_xla
    assert not Config(deterministic=True).use_xla
    assert not Config(jit="off").use_xla
    assert Config().objective.sigma == 0.15
    assert {f.name for f in dataclasses.fields(Config().objective)} <= {
        f.name for f in dataclasses.fields(Config)
    }


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
    """As in `... --help | head -1`: no traceback, and the status that a shell shows for a closed pipe."""
    code = "from tf_dictsum.util import flags as cli; cli.run(lambda argv: [print('x' * 1000, flush=True) for _ in range(1000)] and 0)"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


def test_a_broken_pipe_elsewhere_is_an_error():
    code = "from tf_dictsum.util import flags as cli\ndef main(argv):\n    raise BrokenPipeError('a socket')\ncli.run(main)"
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
