"""Speed, memory and accuracy, measured by commands that anyone can run again: ``make bench``."""
