"""From slices to studies and patients."""
