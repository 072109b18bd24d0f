"""TensorFlow Serving's configuration files: readers that check, and writers."""
