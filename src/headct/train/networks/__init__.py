"""Networks by name: what timm has, and what no library has."""
