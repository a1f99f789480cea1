"""One scan in, one prediction out, without PyTorch."""
