"""A wheel, installed outside the checkout: every command says its flags, and the demo trains by a
configuration's name.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import venv

import pytest

from tf_dictsum.__main__ import COMMANDS

ROOT = pathlib.Path(__file__).parents[1]
SMALL = ("--hidden_size=4", "--parallel_size=4", "--epochs=1", "--pretrain_epochs=1", "--split=0")


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of an environment with nothing but the wheel; the packages that it needs are
    borrowed from this one.
    """
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # a copy: an older build's files stay out of the wheel
    shutil.copytree(ROOT / "tf_dictsum", source / "tf_dictsum")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", folder, source]
    done = subprocess.run(build, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--quiet", "--target", site]
    done = subprocess.run([*install, wheel], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    others = [path for path in sys.path if path.endswith("site-packages")]
    # Behind the environment's own, so that this package is the wheel's.
    (site / "others.pth").write_text("\n".join(others) + "\n")
    return folder / "venv" / "bin" / "python"


@pytest.fixture
def run(python, tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}

    def run(*arguments):
        return subprocess.run(
            [python, "-m", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            timeout=580,
        )

    return run


@pytest.mark.slow
def test_every_command_says_its_flags(run, python, tmp_path):
    where = subprocess.run(
        [python, "-P", "-c", "import tf_dictsum; print(tf_dictsum.__file__)"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )
    assert str(python.parents[1]) in where.stdout, where.stdout  # the wheel, not the checkout
    for name in COMMANDS:
        done = run(f"tf_dictsum.{name}", "--help")
        assert done.returncode == 0, f"{name}: {done.stderr}"
        assert "--" in done.stdout, name
    assert "summarize" in run("tf_dictsum").stdout


@pytest.mark.slow
def test_the_demo_trains_and_is_scored(run, tmp_path):
    done = run("tf_dictsum.train", "--flagfile=demo", "--run_dir=run", "--noprogress", *SMALL)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "split0-seed0" / "metadata.json").is_file()
    done = run(
        "tf_dictsum", "score", "--model=run", "--dataset=demo", "--out=s.json", "--noprogress"
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "s.json").is_file()
