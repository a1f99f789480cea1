"""How a head is scanned: technique, rays, noise, and the slices that come of them."""
