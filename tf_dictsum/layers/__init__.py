"""Recurrent layers whose time loops do only what cannot be done outside them."""

import tf_dictsum.util.keras_backend  # noqa: F401  before any module here loads Keras
