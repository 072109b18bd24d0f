"""Versions come and go: policies, hot swap, broken versions, labels, reload. The model itself is a stand-in here."""

import threading
import time
from typing import ClassVar

import pytest

from tf_dictsum.serving.config.files import ServedModel, VersionPolicy
from tf_dictsum.serving.config.version_folders import aspired_versions, find_versions
from tf_dictsum.serving.server import version as version_module
from tf_dictsum.serving.server.manager import Manager
from tf_dictsum.serving.server.metrics import Metrics
from tf_dictsum.serving.server.status import Code, ServingError
from tf_dictsum.serving.server.version import State


class Loaded:
    """A loaded version; a file named broken keeps it from loading, one named slow delays it."""

    alive: ClassVar[list[str]] = []

    def __init__(self, path, *threads):
        if (path / "slow").exists():
            time.sleep(0.3)
        if (path / "broken").exists():
            raise ServingError(Code.DATA_LOSS, f"{path}: torn")
        if (path / "odd").exists():
            raise ZeroDivisionError("odd")
        self.path, self.signatures = path, {}
        self.alive.append(path.name)

    def run(self, *_):
        return {}

    def close(self):
        self.alive.remove(self.path.name)


@pytest.fixture
def make(monkeypatch, tmp_path):
    """Makes a started manager; its models lie below tmp_path."""
    monkeypatch.setattr(version_module, "Servable", Loaded)
    monkeypatch.setattr(Loaded, "alive", [])
    managers = []

    def start(*models, **options):
        managers.append(
            Manager(models or (model(tmp_path),), Metrics(), poll_seconds=0.02, **options)
        )
        managers[-1].start()
        return managers[-1]

    yield start
    for manager in managers:
        manager.stop()


def model(folder, name="m", **options):
    return ServedModel(name, str(folder / name), **options)


def publish(folder, number, *marks, name="m"):
    beside = folder / name / f"writing {number}"
    beside.mkdir(parents=True)
    for mark in marks:
        (beside / mark).touch()
    beside.rename(folder / name / str(number))


def states(manager, name="m"):
    try:
        return {v.number: v.state.name for v in manager.status(name)}
    except ServingError:
        return {}


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def latest(manager, **which):
    with manager.use("m", **which) as version:
        return version.number


def refusal(call, *arguments, **options):
    with pytest.raises(ServingError) as error:
        call(*arguments, **options)
    return error.value.code, error.value.message


def test_folders(tmp_path):
    for name in ("1", "00000123", "7", "seven", ".partial.8", "1.5", "-1", "²"):
        (tmp_path / name).mkdir()
    (tmp_path / "9").touch()
    found = find_versions(tmp_path)
    assert {number: path.name for number, path in found.items()} == {
        1: "1",
        7: "7",
        123: "00000123",
    }
    assert find_versions(tmp_path / "nowhere") == {}
    assert list(aspired_versions(found, VersionPolicy())) == [123]
    assert list(aspired_versions(found, VersionPolicy(count=2))) == [7, 123]
    assert list(aspired_versions(found, VersionPolicy("all"))) == [1, 7, 123]
    assert list(aspired_versions(found, VersionPolicy("specific", versions=(1, 5)))) == [1]


def test_nothing_there_yet(make, tmp_path, caplog):
    manager = make()
    assert not manager.ready()
    assert refusal(latest, manager) == (Code.NOT_FOUND, "Servable not found for request: Latest(m)")
    assert refusal(manager.status, "m") == (
        Code.NOT_FOUND,
        "Could not find any versions of model m",
    )
    publish(tmp_path, 1)
    wait_for(manager.ready)
    assert latest(manager) == 1
    assert refusal(latest, manager, version=2) == (
        Code.NOT_FOUND,
        "Servable not found for request: Specific(m, 2)",
    )
    assert refusal(manager.status, "m", 2) == (
        Code.NOT_FOUND,
        "Could not find version 2 of model m",
    )


def test_a_swap_loads_the_new_version_before_the_old_one_goes(make, tmp_path):
    publish(tmp_path, 1)
    manager = make()
    wait_for(manager.ready)
    publish(tmp_path, 2, "slow")
    seen = set()
    while states(manager).get(1) != "END":
        assert manager.ready()
        seen.add((latest(manager), states(manager).get(2)))
    assert latest(manager) == 2
    assert (1, "LOADING") in seen
    assert Loaded.alive == ["2"]


def test_a_version_in_use_is_not_unloaded(make, tmp_path):
    publish(tmp_path, 1)
    manager = make()
    wait_for(manager.ready)
    with manager.use("m") as old:
        publish(tmp_path, 2)
        wait_for(lambda: states(manager) == {1: "UNLOADING", 2: "AVAILABLE"})
        assert (old.number, Loaded.alive) == (1, ["1", "2"])
        assert latest(manager) == 2
        assert refusal(latest, manager, version=1)[0] == Code.NOT_FOUND
    wait_for(lambda: states(manager) == {1: "END", 2: "AVAILABLE"})
    assert Loaded.alive == ["2"]


@pytest.mark.parametrize(("mark", "code"), [("broken", Code.DATA_LOSS), ("odd", Code.INTERNAL)])
def test_a_broken_version_leaves_the_old_one(make, tmp_path, mark, code):
    publish(tmp_path, 1)
    manager = make()
    wait_for(manager.ready)
    publish(tmp_path, 2, mark)
    wait_for(lambda: states(manager) == {1: "AVAILABLE", 2: "END"})
    (broken,) = manager.status("m", 2)
    assert broken.error.code == code
    assert str(tmp_path / "m" / "2") in broken.error.message
    time.sleep(0.1)
    assert latest(manager) == 1
    publish(tmp_path, 3)
    wait_for(lambda: states(manager) == {1: "END", 2: "END", 3: "AVAILABLE"})


def test_a_broken_version_is_tried_again_once_it_was_replaced(make, tmp_path):
    publish(tmp_path, 1, "broken")
    manager = make()
    wait_for(lambda: states(manager) == {1: "END"})
    (tmp_path / "m" / "1" / "broken").unlink()
    (tmp_path / "m" / "1").rename(tmp_path / "m" / "away")
    time.sleep(0.1)
    (tmp_path / "m" / "away").rename(tmp_path / "m" / "1")
    wait_for(manager.ready)


def test_going_back(make, tmp_path):
    publish(tmp_path, 1)
    publish(tmp_path, 2)
    manager = make()
    wait_for(lambda: states(manager) == {2: "AVAILABLE"})
    (tmp_path / "m" / "2").rename(tmp_path / "m" / "withdrawn")
    wait_for(lambda: states(manager) == {1: "AVAILABLE", 2: "END"})
    (tmp_path / "m" / "withdrawn").rename(tmp_path / "m" / "2")
    wait_for(lambda: states(manager) == {1: "END", 2: "AVAILABLE"})


def test_all_versions_gone(make, tmp_path):
    publish(tmp_path, 1)
    manager = make()
    wait_for(manager.ready)
    (tmp_path / "m" / "1").rename(tmp_path / "m" / "gone")
    wait_for(lambda: states(manager) == {1: "END"})
    assert not manager.ready()


def test_no_request_is_refused_during_many_swaps(make, tmp_path):
    publish(tmp_path, 1)
    manager = make()
    wait_for(manager.ready)
    stop, errors, seen = threading.Event(), [], set()

    def ask():
        while not stop.is_set():
            try:
                with manager.use("m") as version:
                    version.run()
                    seen.add(version.number)
            except Exception as error:
                errors.append(error)

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    for number in range(2, 12):
        publish(tmp_path, number)
        wait_for(lambda number=number: states(manager).get(number) == "AVAILABLE")
    stop.set()
    for client in clients:
        client.join()
    assert not errors
    assert seen == set(range(1, 12))


def test_reload(make, tmp_path):
    publish(tmp_path, 1)
    publish(tmp_path, 2)
    publish(tmp_path, 5, name="other")
    manager = make()
    wait_for(manager.ready)
    assert refusal(manager.use("").__enter__) == (
        Code.INVALID_ARGUMENT,
        "ModelSpec has no name specified.",
    )
    assert refusal(latest, manager, label="stable") == (
        Code.INVALID_ARGUMENT,
        "Unrecognized servable version label: stable",
    )
    both = VersionPolicy("specific", versions=(1, 2))
    manager.reload(
        [model(tmp_path, policy=both, labels={"stable": 1, "canary": 2}), model(tmp_path, "other")]
    )
    assert (latest(manager), latest(manager, label="stable"), latest(manager, label="canary")) == (
        2,
        1,
        2,
    )
    assert states(manager, "other") == {5: "AVAILABLE"}
    text = "Request to assign label to version 7 of model m, which is not currently available for inference"
    assert refusal(manager.reload, [model(tmp_path, labels={"stable": 7})]) == (
        Code.FAILED_PRECONDITION,
        text,
    )
    wait_for(lambda: states(manager, "other") == {5: "END"})
    assert latest(manager) == 2


def test_reload_of_what_does_not_load(make, tmp_path):
    publish(tmp_path, 1)
    publish(tmp_path, 1, "broken", name="bad")
    manager = make()
    wait_for(manager.ready)
    code, text = refusal(
        manager.reload, [model(tmp_path), model(tmp_path, "bad"), model(tmp_path, "none")]
    )
    assert code == Code.UNKNOWN
    assert text.startswith(
        "2 model(s) did not become available: {{name: bad version: 1} due to error: "
    )
    assert f"{{name: none}} no version under {tmp_path / 'none'}" in text
    assert latest(manager) == 1


def test_reload_has_a_deadline(make, tmp_path):
    publish(tmp_path, 1, "slow")
    manager = make()
    assert (
        refusal(manager.reload, [model(tmp_path)], time.monotonic() + 0.05)[0]
        == Code.DEADLINE_EXCEEDED
    )
    wait_for(manager.ready)


def test_labels_may_wait_if_so_configured(make, tmp_path):
    publish(tmp_path, 1)
    manager = make(labels_may_wait=True)
    wait_for(manager.ready)
    manager.reload([model(tmp_path, labels={"next": 2})])
    assert refusal(latest, manager, label="next") == (
        Code.NOT_FOUND,
        "Servable not found for request: Specific(m, 2)",
    )
    assert (
        refusal(manager.reload, [model(tmp_path, labels={"next": 3})])[0]
        == Code.FAILED_PRECONDITION
    )  # only new ones may
    publish(tmp_path, 2)
    wait_for(lambda: states(manager) == {1: "END", 2: "AVAILABLE"})
    assert latest(manager, label="next") == 2


def test_changes_are_told(make, tmp_path):
    changed = threading.Event()
    manager = make(on_change=changed.set)
    wait_for(changed.is_set)
    publish(tmp_path, 1)
    wait_for(manager.ready)
    changed.clear()
    wait_for(changed.is_set)
    assert {v.state for v in manager.status("m")} == {State.AVAILABLE}
