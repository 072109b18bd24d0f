"""How much a frame stands out, from features and times alone: no label and no training; scales are
in seconds.
"""
