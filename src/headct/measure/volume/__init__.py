"""Volumes in mL beside the true ones."""
