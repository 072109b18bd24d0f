"""One file per summarization method, behind one small interface."""

import tf_dictsum.util.keras_backend  # noqa: F401  before any module here loads Keras
