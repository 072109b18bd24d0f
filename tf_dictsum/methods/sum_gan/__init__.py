"""SUM-GAN: the network that its descendants share, and its own training."""
