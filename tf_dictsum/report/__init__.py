"""Tables, pictures and verdicts: what scores are worth, for evaluations, runs and sweeps."""
