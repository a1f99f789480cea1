"""What is estimated from data, on training patients alone."""
