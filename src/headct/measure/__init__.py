"""Predictions → numbers and figures. Imports core alone."""
