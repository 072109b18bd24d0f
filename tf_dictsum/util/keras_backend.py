"""Importing this before Keras makes TensorFlow its backend, which the layers call themselves."""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
