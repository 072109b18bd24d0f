"""From frame scores to selected shots."""
