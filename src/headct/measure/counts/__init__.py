"""Right and wrong calls counted, and what follows from the counts."""
