"""Versions come and go: policies, hot swap, broken versions, labels, reload. The model itself is a
stand-in here.
"""

import errno
import threading
import time
import weakref
from typing import ClassVar

import numpy as np
import pytest

from tf_dictsum.serving.config.files import Batching, ServedModel, VersionPolicy
from tf_dictsum.serving.config.version_folders import aspired_versions, find_versions
from tf_dictsum.serving.server import manager as manager_module
from tf_dictsum.serving.server import version as version_module
from tf_dictsum.serving.server.batcher import BatchThreads
from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.engine import Engine
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
        if (path / "lacking").exists():
            raise ServingError(Code.RESOURCE_EXHAUSTED, "Too many open files")
        if (path / "odd").exists():
            raise ZeroDivisionError("odd")
        self.path, self.signatures = path, {}
        self.alive.append(path.name)

    def fits(self, inputs, signature):
        return True

    def run(self, _, inputs, outputs, __):
        return dict.fromkeys(outputs, inputs["x"])

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
    odd = ("seven", ".partial.8", "1.5", "-1", "²", str(2**63), "9" * 200)
    for name in ("1", "00000123", "7", str(2**63 - 1), *odd):
        (tmp_path / name).mkdir()
    (tmp_path / "9").touch()  # a file counts, and will not load
    found = find_versions(tmp_path)
    assert {number: path.name for number, path in found.items()} == {
        1: "1",
        7: "7",
        9: "9",
        123: "00000123",
        2**63 - 1: str(2**63 - 1),
    }
    del found[9], found[2**63 - 1]
    with pytest.raises(FileNotFoundError):
        find_versions(tmp_path / "nowhere")
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
                    version.run("s", {"x": np.ones(1)}, ["y"], None)
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
    with_labels = model(tmp_path, policy=both, labels={"stable": 1, "canary": 2})
    assert refusal(manager.reload, [with_labels])[0] == Code.FAILED_PRECONDITION  # 1 is not loaded
    manager.reload([model(tmp_path, policy=both), model(tmp_path, "other")])
    assert states(manager, "other") == {5: "AVAILABLE"}  # the new one was waited for
    wait_for(lambda: states(manager) == {2: "AVAILABLE", 1: "AVAILABLE"})
    manager.reload([with_labels, model(tmp_path, "other")])
    assert (latest(manager), latest(manager, label="stable"), latest(manager, label="canary")) == (
        2,
        1,
        2,
    )
    assert states(manager, "other") == {5: "AVAILABLE"}
    text = "Request to assign label to version 7 of model m, which is not currently available for inference"  # noqa: E501
    assert refusal(manager.reload, [model(tmp_path, labels={"stable": 7})]) == (
        Code.FAILED_PRECONDITION,
        text,
    )
    assert latest(manager, label="stable") == 1  # nothing has changed
    assert states(manager, "other") == {5: "AVAILABLE"}
    manager.reload([model(tmp_path)])
    wait_for(lambda: states(manager, "other") == {5: "END"})
    assert latest(manager) == 2


def test_reload_of_what_does_not_load(make, tmp_path):
    publish(tmp_path, 1)
    publish(tmp_path, 1, "broken", name="bad")
    manager = make()
    wait_for(manager.ready)
    text = f"{{{{{{name: bad version: 1}} due to error: DATA_LOSS: {tmp_path}/bad/1: torn}}, }}"
    assert refusal(manager.reload, [model(tmp_path), model(tmp_path, "bad")]) == (
        Code.UNKNOWN,
        f"1 model(s) did not become available: {text}",
    )
    assert latest(manager) == 1
    manager.reload([model(tmp_path)])


def test_reload_waits_for_new_models_only(make, tmp_path):
    publish(tmp_path, 1)
    (tmp_path / "empty").mkdir()
    manager = make()
    wait_for(manager.ready)
    publish(tmp_path, 2, "slow")
    manager.reload([model(tmp_path)])  # known: not waited for
    assert latest(manager) == 1
    code, _ = refusal(
        manager.reload, [model(tmp_path), model(tmp_path, "empty")], Deadline.after(0.1)
    )
    assert code == Code.DEADLINE_EXCEEDED
    gone = Deadline()
    threading.Timer(0.1, gone.cancel).start()
    arguments = [model(tmp_path), model(tmp_path, "none")], gone
    assert refusal(manager.reload, *arguments)[0] == Code.CANCELLED
    manager.reload([model(tmp_path)])  # those that never came do not hold up the next
    wait_for(lambda: latest(manager) == 2)
    absent = VersionPolicy("specific", versions=(9,))
    manager.reload([model(tmp_path, policy=absent)])
    wait_for(lambda: states(manager) == {2: "END", 1: "END"})


def test_what_cannot_be_read_for_a_moment_keeps_what_is_served(make, tmp_path, monkeypatch, caplog):
    publish(tmp_path, 1)
    manager = make()
    wait_for(manager.ready)
    (tmp_path / "m").rename(tmp_path / "away")
    for _ in range(20):
        assert latest(manager) == 1
        time.sleep(0.01)
    assert manager.ready()
    publish(tmp_path, 2, name="away")
    (tmp_path / "away").rename(tmp_path / "m")
    wait_for(lambda: states(manager) == {2: "AVAILABLE", 1: "END"})

    def no_descriptor(_):
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(manager_module, "find_versions", no_descriptor)
        time.sleep(0.1)
        assert latest(manager) == 2
        manager.reload([model(tmp_path)])
        assert latest(manager) == 2
    time.sleep(0.1)
    assert Loaded.alive == ["2"]


def test_a_version_above_int64_is_no_version(make, tmp_path):
    publish(tmp_path, 1)
    manager = make()
    wait_for(manager.ready)
    (tmp_path / "m" / str(2**63)).mkdir()
    (tmp_path / "m" / ("7" * 200)).mkdir()
    time.sleep(0.1)
    assert (latest(manager), states(manager)) == (1, {1: "AVAILABLE"})


def test_a_file_in_the_place_of_a_version(make, tmp_path):
    publish(tmp_path, 1)
    manager = make()
    wait_for(manager.ready)
    (tmp_path / "m" / "4").touch()
    wait_for(lambda: states(manager) == {4: "END", 1: "AVAILABLE"})
    (version,) = manager.status("m", 4)
    assert version.error.code == Code.FAILED_PRECONDITION
    assert version.error.message.endswith("Not a directory")


def test_a_load_is_tried_again(make, tmp_path):
    publish(tmp_path, 1, "broken")
    manager = make(engine=Engine(load_retries=1000, retry_seconds=0.01))
    time.sleep(0.1)
    assert states(manager) == {1: "LOADING"}
    assert manager.status("m")[0].error is None
    (tmp_path / "m" / "1" / "broken").unlink()
    wait_for(manager.ready)
    publish(tmp_path, 2, "broken")
    wait_for(lambda: states(manager).get(2) == "LOADING")
    (tmp_path / "m" / "2").rename(tmp_path / "m" / "gone")  # not asked for any more
    wait_for(lambda: states(manager) == {2: "END", 1: "AVAILABLE"})


def test_what_the_machine_lacked_is_tried_again(make, tmp_path):
    publish(tmp_path, 1, "lacking")
    manager = make(engine=Engine(retry_seconds=0.2))
    wait_for(lambda: states(manager) == {1: "END"})
    (tmp_path / "m" / "1" / "lacking").unlink()
    wait_for(manager.ready)


def test_the_newest_version_comes_first(make, tmp_path):
    publish(tmp_path, 1)
    publish(tmp_path, 2)
    manager = make(model(tmp_path, policy=VersionPolicy("all")))
    wait_for(lambda: len(states(manager)) == 2)
    assert [version.number for version in manager.status("m")] == [2, 1]


def test_an_unloaded_version_keeps_no_model(make, tmp_path):
    threads = BatchThreads(Batching())
    publish(tmp_path, 1)
    manager = make(engine=Engine(batch_threads=threads))
    wait_for(manager.ready)
    with manager.use("m") as version:
        version.run("s", {"x": np.ones(1)}, ["y"], None)
        left = weakref.ref(version.servable)
    publish(tmp_path, 2)
    wait_for(lambda: states(manager) == {1: "END", 2: "AVAILABLE"})
    assert left() is None
    threads.stop()


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
