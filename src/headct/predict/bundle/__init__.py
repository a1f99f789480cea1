"""One file that holds a trained network and all that its answers need; read as data, strictly."""
