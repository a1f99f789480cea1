"""Intracranial hemorrhage: any, and the five subtypes, by slice and by patient.

The labels of the RSNA 2019 challenge (Flanders et al., Radiol Artif Intell 2020;2:e190211).
Assumed: neighbours 5 mm away as channels, as blood is told from partial volume of bone by the
slices around it; the highest slice speaks for the patient, as one bleeding slice is enough; and
few misses before few false alarms, as a reader looks at every scan that is called.
"""

from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES
from headct.tasks.task import Task

TASK = Task(
    name="hemorrhage",
    title="intracranial hemorrhage and its five subtypes",
    labels=(ANY_HEMORRHAGE, *HEMORRHAGE_SUBTYPES),
    level="slice",
    pipeline="brain-neighbours",
    aggregation="max",
    rule="sensitivity>=0.95",
    has_masks=True,
)
