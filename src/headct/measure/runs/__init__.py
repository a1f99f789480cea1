"""Several runs and several models beside each other."""
