"""Probabilities beside what came true."""
