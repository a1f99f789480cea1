"""Cohorts to networks, and networks to graphs; torch lives here alone."""

# Before anything in this folder imports timm or Lightning.
import headct.train.torchvision_ops  # noqa: F401
