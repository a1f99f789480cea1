"""headct reads a non-contrast head CT and says what is in it. For research use only."""

__version__ = "0.1.0"
