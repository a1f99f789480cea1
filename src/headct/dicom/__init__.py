"""Files to HU volumes, and back: scan, select, stack, write."""
