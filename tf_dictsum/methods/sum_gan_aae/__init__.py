"""SUM-GAN-AAE (MMM 2020), the baseline of the dictionary paper."""
