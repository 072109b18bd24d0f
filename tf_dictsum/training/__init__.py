"""Runs: the loop over splits and seeds, checkpoints, logs and results."""
