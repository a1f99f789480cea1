"""Cohorts of digital heads: drawn as data first, then made and filed as real cohorts are."""
