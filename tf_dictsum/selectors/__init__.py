"""What scores a video: Keras models, their files, and remote ones behind the same face."""

import tf_dictsum.util.keras_backend  # noqa: F401  before any module here loads Keras
