"""Many runs as one experiment: which, in which processes, and one table of what came out."""
