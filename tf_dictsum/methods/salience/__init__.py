"""Scores without training, and a network that learns to give them in one pass."""
