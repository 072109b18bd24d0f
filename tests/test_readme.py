"""The README's commands are the ones that CI runs, and name files and flags that exist."""

import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8").replace("\\\n", "")
COMMANDS = [
    line.strip()
    for line in README.splitlines()
    if line.startswith("    ") and "python -m" in line and "for method" not in line
]


def test_first_screen_names_both_commands():
    first = "\n".join(README.splitlines()[:20])
    assert "pip install -e . && python -m tf_dictsum.train --flagfile=configs/demo.flags" in first
    assert (
        """pip install -e '.[test,video,timeline]' && python -m pytest -n 2 -m "not slow\""""
        in first
    )


def test_ci_runs_them():
    script = (ROOT / ".ci" / "run").read_text()
    assert "python -m tf_dictsum.train --flagfile=configs/demo.flags" in script
    assert 'python -m pytest -n 2 -m "not slow"' in script


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


def test_flags_of_the_readme_exist():
    """Every --flag named is one of a command, a benchmark or the tests; their names are read from
    the sources.
    """
    sources = [
        *ROOT.glob("tf_dictsum/*.py"),
        *ROOT.glob("tf_dictsum/serving/server/options.py"),
        *ROOT.glob("tf_dictsum/methods/**/*.py"),
        *ROOT.glob("tf_dictsum/training/config.py"),
        *ROOT.glob("benchmarks/*.py"),
    ]
    known = {
        "flagfile",
        "help",
        "noprogress",
        "serving_address",
        "rest_address",
        "serving_model",
        "logdir",
        "method",
    }  # tests/conftest.py, tensorboard
    for source in sources:
        known |= set(
            re.findall(
                r"^    (\w+): .* = (?:\w+\.)?option\(",
                source.read_text(encoding="utf-8"),
                re.MULTILINE,
            )
        )
    used = set(re.findall(r"--([a-z_]+)", README))
    assert used <= known, used - known
