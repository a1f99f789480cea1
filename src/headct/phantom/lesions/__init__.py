"""What can be amiss with a head: bleeds, thin white matter, and what looks like them."""
