"""Where a trained network looks: heatmaps of a store's slices, and what lies beneath them."""
