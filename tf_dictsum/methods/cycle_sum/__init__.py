"""Cycle-SUM (Yuan et al., AAAI 2019), unsupervised: two variational generators that undo each
other."""
