"""Video summarization without labels: adversarial LSTMs with a dictionary loss, in TensorFlow."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # the layers call TensorFlow itself

from tf_dictsum._version import __version__
from tf_dictsum.util.errors import UserError

__all__ = ["UserError", "__version__"]
