"""Video summarization without labels: adversarial LSTMs with a dictionary loss, in TensorFlow."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # the layers call TensorFlow itself

from tf_dictsum._version import __version__  # noqa: E402
from tf_dictsum.errors import UserError  # noqa: E402

__all__ = ["UserError", "__version__"]
