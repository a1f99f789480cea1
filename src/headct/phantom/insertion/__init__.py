"""Lesions of known truth in real scans: the phantom's lesions on another background."""
