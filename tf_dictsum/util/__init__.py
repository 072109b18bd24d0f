"""Plain tools: flags, files, locks, progress, checkpoints, TensorFlow without its notices."""
