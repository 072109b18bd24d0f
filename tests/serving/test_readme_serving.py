"""The README's section "Serve it", run line by line in a shell, with a smaller network and free
ports.
"""

import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest
from serving_harness import free_port

from tf_dictsum.serving.server.options import ServeOptions

ROOT = pathlib.Path(__file__).parents[2]
SMALLER = "--hidden_size=8 --parallel_size=8 --epochs=1 --pretrain_epochs=1 --folds=2 --noprogress"


def section(path, heading):
    """The commands of a section; those that install and those that name HOST:PORT are for the
    reader.
    """
    text = (
        path.read_text(encoding="utf-8")
        .partition(f"\n## {heading}\n")[2]
        .partition("\n## ")[0]
        .replace("\\\n", " ")
    )
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    return [line for line in lines if not line.startswith("pip ") and "HOST:PORT" not in line]


@pytest.mark.slow
def test_serve_it(tmp_path):
    commands = section(ROOT / "README.md", "Serve it")
    kinds = [re.sub(r"^python -m ", "", command).split()[0] for command in commands]
    wanted = [
        "tf_dictsum.train",
        "tf_dictsum.export",
        "tf_dictsum.serve",
        "tf_dictsum.score",
        "tf_dictsum.evaluate",
    ]
    assert kinds == [*wanted, "curl", "python", "curl", "curl", "tf_dictsum.export", "curl", "kill"]
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    (tmp_path / "export").mkdir()
    for file in ("batching.config", "monitoring.config"):
        (tmp_path / "export" / file).symlink_to(ROOT / "export" / file)
    ports = {"8500": str(free_port()), "8501": str(free_port())}
    script = ["set -e -m"]
    for number, command in enumerate(commands):
        command = command.replace(
            "--flagfile=configs/demo.flags", f"--flagfile=configs/demo.flags {SMALLER}"
        )
        for documented, free in ports.items():
            command = command.replace(f"={documented} ", f"={free} ").replace(
                f":{documented}", f":{free}"
            )
        if kinds[number] == "kill":
            command += "; wait"
        elif command.endswith("&"):
            command = f"{command[:-1]} > {number}.out 2> {number}.err &"
        else:
            command = f"{{ {command} ; }} > {number}.out 2> {number}.err"
        if (
            number == len(commands) - 2
        ):  # what a reader's own slowness gives: the second version is there
            command = f'for i in $(seq 300); do {command}; grep -q \'"version": "2"\' {number}.out && break; sleep 0.2; done'  # noqa: E501
        script.append(command)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    found = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
    )
    errors = {path.name: path.read_text()[-2000:] for path in sorted(tmp_path.glob("*.err"))}
    assert found.returncode in (0, 143), (found.stderr, errors)
    outputs = [(tmp_path / f"{number}.out").read_text() for number in range(len(commands) - 1)]
    assert (tmp_path / "export" / "models" / "dictsum" / "1" / "saved_model.pb").is_file()
    scores = json.loads((tmp_path / "scores.json").read_text())
    assert len(scores) == 12
    assert "human" in outputs[4]
    assert json.loads(outputs[5])["model_version_status"][0]["state"] == "AVAILABLE"
    by_rest = json.loads(outputs[7])["outputs"]["scores"][0]
    assert by_rest == pytest.approx(scores["video_2"], abs=1e-6)
    assert ':tensorflow:serving:request_count{model_name="dictsum",status="OK"} ' in outputs[8]
    states = {
        row["version"]: row["state"] for row in json.loads(outputs[10])["model_version_status"]
    }
    assert "2" in states


def test_export_readme_names_what_is_there():
    text = (ROOT / "export" / "README.md").read_text()
    for name in re.findall(r"`([\w.-]+\.(?:config|yml|py))`", text):
        assert (ROOT / "export" / name).is_file(), name
    shipped = {path.name for path in (ROOT / "export").iterdir()} - {"models", "README.md"}
    assert all(f"`{name}`" in text for name in shipped)
    for module in re.findall(r"python -m (tf_dictsum\.\w+)", text):
        assert (ROOT / (module.replace(".", "/") + ".py")).is_file()


def test_the_flags_of_the_embedded_server_are_described():
    """export/README.md names every flag that limits clients, with its default."""
    text = (ROOT / "export" / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(--\w+)`.*? \| (.*?) \|", text, flags=re.MULTILINE))
    options = {field.name: field.default for field in dataclasses.fields(ServeOptions)}
    for name in ("max_message_bytes", "max_body_bytes"):
        assert rows[f"--{name}"] == f"{options[name] >> 20} MiB"
    assert rows["--max_implied_bytes"] == f"{options['max_implied_bytes'] >> 20} MiB"
    assert rows["--max_inflight_bytes"] == f"{options['max_inflight_bytes'] >> 30} GiB"
    assert rows["--max_request_steps"] == f"{options['max_request_steps']:,}"
    for name in ("request_read_seconds", "grpc_max_threads", "drain_seconds"):
        assert rows[f"--{name}"] == f"{options[name]:g}"
    header, idle = options["rest_header_seconds"], options["rest_idle_seconds"]
    assert rows["--rest_header_seconds"] == f"{header:g}, {idle:g}"
    assert not options["enable_model_reload"]
    assert rows["--enable_model_reload"].startswith("off")
    for flag in re.findall(r"--\w+", text.partition("## The embedded server")[2].split("\n## ")[0]):
        assert flag[2:] in options
