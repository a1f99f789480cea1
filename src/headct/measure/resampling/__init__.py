"""Intervals by drawing patients anew, and by their pulls."""
