"""What everything is made of: the types that travel, and the errors. NumPy only."""
