"""One function over many items."""

from headct.batch.order import Where
from headct.batch.outlasting import Lost, Outlasting
from headct.batch.processes import Processes, map_items

__all__ = ["Lost", "Outlasting", "Processes", "Where", "map_items"]
