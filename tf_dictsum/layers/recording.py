"""The one place that uses a private name of TensorFlow: operations that no gradient tape sees."""

import contextlib

from tensorflow.python.eager import record

__all__ = ["unrecorded"]


def unrecorded() -> contextlib.AbstractContextManager[None]:
    """No gradient tape records what is computed inside.

    tf.custom_gradient stops the recording in this way, but only when eager;
    `tf.GradientTape.stop_recording` needs the tape, which a layer does not have. There is no public
    name for it (`tests/layers/test_recording.py` notices when it changes).
    """
    return record.stop_recording()
