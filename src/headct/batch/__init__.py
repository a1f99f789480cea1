"""One function over many items."""

from headct.batch.order import Where
from headct.batch.processes import Processes, map_items

__all__ = ["Processes", "Where", "map_items"]
