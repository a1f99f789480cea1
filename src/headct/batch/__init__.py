"""One function over many items."""

from headct.batch.processes import map_items

__all__ = ["map_items"]
