"""Datasets, splits and the input pipeline."""
