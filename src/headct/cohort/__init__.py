"""Scans and labels: read, checked, split by patient, and prepared for training."""
