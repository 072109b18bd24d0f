"""Dynamic batching: what shares a run, who waits for whom, and that nobody waits for ever."""

import dataclasses
import gc
import threading
import time
import weakref

import numpy as np
import pytest

from tf_dictsum.serving.config.files import Batching
from tf_dictsum.serving.server.batcher import Batcher, BatchThreads
from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.status import Code, ServingError, invalid

OPTIONS = Batching(
    max_batch_size=4, num_batch_threads=1, pad_variable_length_inputs=True, max_enqueued_batches=100
)


class Model:
    """Doubles x; holds its runs while `gate` is closed; refuses batches that hold a negative
    number.
    """

    def __init__(self):
        self.gate = threading.Event()
        self.gate.set()
        self.sizes, self.deadlines = [], []

    def fits(self, inputs, signature):
        return True

    def run(self, signature, inputs, outputs, deadline):
        self.gate.wait(20)
        self.sizes.append(len(inputs["x"]))
        self.deadlines.append(deadline)
        if (inputs["x"] < 0).any():
            raise invalid("negative")
        return dict.fromkeys(outputs, inputs["x"] * 2)


@pytest.fixture
def start():
    """Starts a batcher with some options; gives (model, batcher) and ends its threads
    afterwards.
    """
    threads = []

    def make(**changes):
        model = Model()
        threads.append(BatchThreads(dataclasses.replace(OPTIONS, **changes)))
        return model, Batcher(model, threads[-1])

    yield make
    for pool in threads:
        pool.stop()


def ask(batcher, *values, deadline=None):
    return batcher.run("s", {"x": np.array(values)}, ["y"], deadline)["y"].tolist()


def together(*calls):
    """Runs calls in threads; their results, errors as values."""
    results = [None] * len(calls)

    def work(n):
        try:
            results[n] = calls[n]()
        except ServingError as error:
            results[n] = error

    workers = [threading.Thread(target=work, args=(n,)) for n in range(len(calls))]
    for worker in workers:
        worker.start()
        time.sleep(0.02)  # in this order
    return workers, results


def finish(workers):
    for worker in workers:
        worker.join(20)
        assert not worker.is_alive()


def test_alone(start):
    model, batcher = start()
    assert ask(batcher, 1.0, 2.0) == [2.0, 4.0]
    assert model.sizes == [2]


def test_those_that_wait_share_the_next_run(start):
    model, batcher = start()
    model.gate.clear()
    workers, results = together(*(lambda n=n: ask(batcher, float(n)) for n in range(6)))
    model.gate.set()
    finish(workers)
    assert results == [[0.0], [2.0], [4.0], [6.0], [8.0], [10.0]]
    assert model.sizes == [1, 4, 1]  # the first one runs at once, the others while it is held


def test_the_timeout_waits_for_company(start):
    model, batcher = start(batch_timeout_micros=400_000)
    begin = time.monotonic()
    workers, results = together(lambda: ask(batcher, 1.0), lambda: ask(batcher, 2.0))
    finish(workers)
    assert time.monotonic() - begin >= 0.4
    assert (model.sizes, results) == ([2], [[2.0], [4.0]])
    begin = time.monotonic()
    assert ask(batcher, 1.0, 2.0, 3.0, 4.0) == [2.0, 4.0, 6.0, 8.0]
    assert time.monotonic() - begin < 0.4  # a full batch does not wait


def test_allowed_sizes(start):
    model, batcher = start(allowed_batch_sizes=(2, 4))
    assert ask(batcher, 1.0) == [2.0]
    assert ask(batcher, 1.0, 2.0, 3.0) == [2.0, 4.0, 6.0]
    assert model.sizes == [2, 4]


def test_too_many_videos(start):
    _, batcher = start()
    with pytest.raises(ServingError) as error:
        ask(batcher, *range(5))
    assert (error.value.code, error.value.message) == (
        Code.INVALID_ARGUMENT,
        "Task size 5 is larger than maximum input batch size 4",
    )


def test_splitting(start):
    model, batcher = start(
        max_batch_size=10, max_execution_batch_size=4, enable_large_batch_splitting=True
    )
    assert ask(batcher, *range(9)) == [2 * n for n in range(9)]
    assert sorted(model.sizes) == [1, 4, 4]


def test_the_queue_is_full(start):
    model, batcher = start(max_enqueued_batches=1)
    model.gate.clear()
    full = [1.0] * 4
    workers, results = together(*(lambda: ask(batcher, *full) for _ in range(3)))
    time.sleep(0.1)
    assert results[2].code == Code.UNAVAILABLE
    assert (
        results[2].message
        == "The batch scheduling queue to which this task was submitted is full; "
        "currently 1 batches enqueued and max_enqueued_batches is 1"
    )
    model.gate.set()
    finish(workers)
    assert results[:2] == [[2.0] * 4] * 2


def test_one_bad_request_does_not_fail_the_others(start):
    model, batcher = start()
    model.gate.clear()
    workers, results = together(*(lambda v=v: ask(batcher, v) for v in (1.0, 2.0, -1.0, 3.0)))
    model.gate.set()
    finish(workers)
    assert (results[0], results[1], results[3]) == ([2.0], [4.0], [6.0])
    assert (results[2].code, results[2].message) == (Code.INVALID_ARGUMENT, "negative")


def test_a_deadline_in_the_queue(start):
    model, batcher = start()
    model.gate.clear()
    workers, results = together(
        lambda: ask(batcher, 1.0), lambda: ask(batcher, 2.0, deadline=Deadline.after(0.1))
    )
    workers[1].join(5)
    assert results[1].code == Code.DEADLINE_EXCEEDED
    model.gate.set()
    finish(workers)
    assert ask(batcher, 5.0) == [10.0]
    assert sum(model.sizes) == 2  # the one whose time was over was not computed


def test_a_batch_runs_until_its_latest_deadline(start):
    model, batcher = start()
    model.gate.clear()
    soon, late = Deadline.after(30), Deadline.after(50)
    workers, _ = together(
        lambda: ask(batcher, 1.0),
        lambda: ask(batcher, 2.0, deadline=soon),
        lambda: ask(batcher, 2.0, deadline=late),
    )
    model.gate.set()
    finish(workers)
    assert [deadline.at for deadline in model.deadlines] == [None, late.at]


def test_an_unexpected_error_reaches_those_who_wait(start):
    model, batcher = start()
    model.run = lambda *_: 1 / 0
    with pytest.raises(ServingError) as error:
        ask(batcher, 1.0)
    assert error.value.code == Code.INTERNAL
    del model.run
    assert ask(batcher, 1.0) == [2.0]  # the worker lives on


def test_different_outputs_do_not_mix(start):
    model, batcher = start()
    model.gate.clear()
    calls = [
        lambda name=name: batcher.run("s", {"x": np.ones(1)}, [name], None)
        for name in ("y", "y", "z")
    ]
    workers, results = together(*calls)
    model.gate.set()
    finish(workers)
    assert [list(result) for result in results] == [["y"], ["y"], ["z"]]


def test_no_videos_need_no_batch(start):
    model, batcher = start()
    assert ask(batcher) == []
    assert model.sizes == [0]


def test_requests_of_clients_that_have_gone_are_not_computed(start):
    model, batcher = start(max_enqueued_batches=2)
    model.gate.clear()
    gone = [Deadline() for _ in range(3)]
    workers, results = together(
        lambda: ask(batcher, 1.0),
        *(lambda d=d: ask(batcher, 2.0, 3.0, 4.0, deadline=d) for d in gone[:2]),
    )
    for deadline in gone:
        deadline.cancel()
    for worker in workers[1:]:
        worker.join(5)
    assert [error.code for error in results[1:]] == [Code.CANCELLED] * 2
    more, others = together(lambda: ask(batcher, 5.0), lambda: ask(batcher, 6.0))  # there is room
    model.gate.set()
    finish(workers + more)
    assert (results[0], others) == ([2.0], [[10.0], [12.0]])
    assert model.sizes == [1, 2]
    with pytest.raises(ServingError, match="CANCELLED"):
        ask(batcher, 7.0, deadline=gone[2])
    assert model.sizes == [1, 2]


def test_what_is_left_of_a_split_request_is_not_computed(start):
    """Of ten parts the first is refused: nobody wants the other nine."""
    model, batcher = start(
        max_batch_size=40, max_execution_batch_size=4, enable_large_batch_splitting=True
    )
    run, started = model.run, threading.Event()

    def slow(*arguments):
        started.set()
        time.sleep(0.05)
        return run(*arguments)

    model.run = slow
    with pytest.raises(ServingError, match="negative"):
        ask(batcher, *range(-1, 39))
    time.sleep(0.8)
    assert len(model.sizes) <= 3


def test_without_padding_every_length_is_a_run_of_its_own(start):
    """TensorFlow Serving fails such requests together; here each gets its answer."""
    model, batcher = start(pad_variable_length_inputs=False)
    model.gate.clear()

    def rows(steps):
        return batcher.run("s", {"x": np.full((1, steps), float(steps))}, ["y"], None)["y"].tolist()

    workers, results = together(*(lambda n=n: rows(n) for n in (1, 2, 3, 2)))
    model.gate.set()
    finish(workers)
    assert results == [[[2.0]], [[4.0] * 2], [[6.0] * 3], [[4.0] * 2]]
    assert model.sizes == [1, 2, 1]


def test_an_empty_video_beside_others(start):
    _, batcher = start()
    calls = [lambda n=n: batcher.run("s", {"x": np.ones((1, n))}, ["y"], None) for n in (1, 0, 7)]
    workers, results = together(*calls)
    finish(workers)
    assert [result["y"].shape[1] for result in results] == [1, 0, 7]


def test_a_model_that_is_unloaded_leaves_nothing_behind(start):
    """A version's batcher kept its graph, 9 MiB a swap."""
    model, batcher = start()
    assert ask(batcher, 1.0) == [2.0]
    left = weakref.ref(model)
    batcher.close()
    del model, batcher
    gc.collect()
    assert left() is None
