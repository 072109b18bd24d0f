"""A canary: the private name behind `unrecorded` still does what the loops need."""

import gc
import weakref

import numpy as np
import pytest
import tensorflow as tf

from tf_dictsum.layers.loops import Programs, call_loop, compiled_loops, loops_are_compiled
from tf_dictsum.layers.lstm import LSTM
from tf_dictsum.layers.recording import unrecorded


def gradient_through(x):
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        seen = x * 2
        with unrecorded():
            hidden = x * 3
    return tape.gradient(seen, x), tape.gradient(hidden, x)


@pytest.mark.parametrize("graph", [False, True])
def test_a_tape_does_not_see_inside(graph):
    function = tf.function(gradient_through) if graph else gradient_through
    if graph:
        # None cannot leave a graph: the second gradient is asked for inside.
        function = tf.function(lambda x: (gradient_through(x)[0], gradient_through(x)[1] is None))
        seen, unseen = function(tf.constant(1.0))
        assert (float(seen), bool(unseen)) == (2.0, True)
    else:
        seen, hidden = function(tf.constant(1.0))
        assert (float(seen), hidden) == (2.0, None)


def double(x):
    return 2 * x


def test_programs_are_shared_by_the_layers_of_a_model_and_go_with_it():
    assert loops_are_compiled() is False
    with compiled_loops(True):
        programs = loops_are_compiled()
        with compiled_loops(True):
            assert loops_are_compiled() is programs
        with compiled_loops(False):
            assert loops_are_compiled() is False
        layer = LSTM(3)
    assert layer.compiled is programs
    x = tf.ones([4, 2, 3])
    np.testing.assert_array_equal(call_loop(double, [x], programs), 2 * x.numpy())
    call_loop(double, [tf.ones([9, 2, 3])], programs)
    assert len(programs._programs) == 1  # one trace serves all lengths
    np.testing.assert_array_equal(call_loop(double, [x], True), 2 * x.numpy())
    gone = weakref.ref(programs)
    assert isinstance(programs, Programs)
    del programs, layer
    gc.collect()
    assert gone() is None
