"""Everything that can be said of predictions beside truth, in one call."""
