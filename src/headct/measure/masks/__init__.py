"""Masks beside the true ones."""
