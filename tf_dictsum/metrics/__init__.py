"""What a summary is measured by."""
