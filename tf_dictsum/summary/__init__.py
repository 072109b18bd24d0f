"""From a video to what its summary is made of."""
