"""Tables of predictions and truth from files."""
