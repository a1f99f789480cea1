"""Figures of a measurement, as matplotlib draws them."""
