"""Serving: configuration files, export, the embedded server and its client."""
