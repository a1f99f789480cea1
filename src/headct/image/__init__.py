"""Volume to Volume, and Volume to Frames at the end: geometry, filters, intensity, regions."""
