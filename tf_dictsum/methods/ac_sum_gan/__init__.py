"""AC-SUM-GAN (Apostolidis et al., TCSVT 2020), unsupervised: SUM-GAN with an actor and a critic
that pick fragments."""
