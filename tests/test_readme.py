"""The README's commands are the ones that CI runs, and name files and flags that exist."""

import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8").replace("\\\n", "")
COMMANDS = [line.strip() for line in README.splitlines() if line.startswith("    ") and "python -m" in line and "for method" not in line]


def test_first_screen_names_both_commands():
    first = "\n".join(README.splitlines()[:20])
    assert "pip install -e . && python -m tf_dictsum.train --flagfile=configs/demo.flags" in first
    assert """pip install -e '.[test]' && python -m pytest -m "not slow\"""" in first


def test_ci_runs_them():
    script = (ROOT / ".ci" / "run").read_text()
    assert "python -m tf_dictsum.train --flagfile=configs/demo.flags" in script
    assert 'python -m pytest -m "not slow"' in script


def test_files_and_modules_exist():
    assert COMMANDS
    for command in COMMANDS:
        for word in shlex.split(command, comments=True):
            if word.startswith("--flagfile=") and "<" not in word:
                assert (ROOT / word.split("=", 1)[1]).is_file(), word
        for module in re.findall(r"python -m (tf_dictsum\.\w+)", command):
            assert (ROOT / (module.replace(".", "/") + ".py")).is_file(), module
    for path in re.findall(r"`((?:tests|benchmarks|docs|configs)/[\w./-]*)`", README):
        assert (ROOT / path).exists(), path


def test_flags_of_the_table_exist():
    import dataclasses

    from tf_dictsum import features, summarize
    from tf_dictsum.config import Config

    known = {f.name for f in dataclasses.fields(Config)} | {
        "selection",
        "json",
        "allow_missing",
        "scores",
        "torch_weights",
        "out",
        "flagfile",
        "help",
    }
    known |= {"run_dirs", "logdir", "draws", "length", "repeats", "noprogress", "cpu_threads", "video"}
    known |= {f.name for options in (features.Options, summarize.Options) for f in dataclasses.fields(options)}
    known |= {"videos", "scenedetect"}
    used = set(re.findall(r"--([a-z_]+)", README))
    assert used <= known, used - known
