"""How much blood there is, of which subtype: masks, measured in mL on the grid of the scan.

Assumed: windows of the slice itself, as an edge is to be drawn where it is on that slice.
"""

from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES
from headct.tasks.task import Task

TASK = Task(
    name="hemorrhage_volume",
    title="where blood is, and how many mL, by subtype",
    labels=(ANY_HEMORRHAGE, *HEMORRHAGE_SUBTYPES),
    level="slice",
    pipeline="windows",
    aggregation="max",
    rule="sensitivity>=0.95",
    has_masks=True,
    has_volume=True,
)
