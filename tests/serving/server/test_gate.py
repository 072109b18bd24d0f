"""Who computes at the same time, and who waits."""

import threading
import time

import numpy as np
import pytest

from tf_dictsum.serving.server.budget import Budget
from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.gate import Gate, Gated, Gates
from tf_dictsum.serving.server.status import Code, ServingError


def enter(gate, sizes, hold=0.05):
    """Holds room for each size in a thread of its own; gives (size, room in use) when each is
    in.
    """
    inside, seen, lock = [], [], threading.Lock()

    def work(size):
        with gate.hold(size):
            with lock:
                inside.append(size)
                seen.append((size, sum(inside)))
            time.sleep(hold)
            with lock:
                inside.remove(size)

    threads = [threading.Thread(target=work, args=(size,)) for size in sizes]
    for thread in threads:
        thread.start()
        time.sleep(0.01)  # in this order
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    return seen


def test_room():
    seen = enter(Gate(10, 99), [4, 4, 4, 3, 9, 1])
    assert [size for size, _ in seen] == [4, 4, 4, 3, 9, 1]  # first come, first served
    assert max(room for _, room in seen) <= 10


def test_runs():
    seen = enter(Gate(100, 2), [1] * 6)
    assert max(room for _, room in seen) == 2


def test_what_is_larger_than_the_room_passes_alone():
    assert enter(Gate(10, 99), [1000, 1000]) == [(1000, 1000), (1000, 1000)]


def test_waiting_ends_with_the_deadline_or_the_client():
    gate, gone = Gate(10, 99), Deadline()
    with gate.hold(10):
        with pytest.raises(ServingError) as error, gate.hold(1, Deadline.after(0.05)):
            pass
        assert error.value.code == Code.DEADLINE_EXCEEDED
        threading.Timer(0.05, gone.cancel).start()
        with pytest.raises(ServingError) as error, gate.hold(1, gone):
            pass
        assert error.value.code == Code.CANCELLED
    with gate.hold(10, Deadline.after(1)):  # nobody is left in the queue
        pass


def test_long_runs_do_not_hold_up_the_others():
    class Model:
        def run(self, *_):
            return {}

    gates = Gates(1 << 16)
    gated = Gated(Model(), gates)
    with gates.of(10_000).hold(10_000):
        one = {"features": np.zeros((1, 20, 7), np.float32), "lengths": np.array([20], np.int32)}
        assert gated.run("s", one, [], Deadline.after(1)) == {}
        long = {"features": np.zeros((8, 2000, 1), np.float32)}
        with pytest.raises(ServingError):
            gated.run("s", long, [], Deadline.after(0.05))


def test_budget():
    budget = Budget(100)
    with budget.hold(1000), pytest.raises(ServingError) as error, budget.hold(1):
        pass
    assert error.value.code == Code.UNAVAILABLE
    with budget.hold(60), budget.hold(40):
        pass
