"""From what a user names to features: inputs, reading, the feature cache, features files."""
