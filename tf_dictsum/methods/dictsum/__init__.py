"""SUM-GAN-AAE with the dictionary loss (ICIP 2021)."""
