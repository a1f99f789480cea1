"""Vascular leukoencephalopathy: slices that vote for their patient.

Cernekova, Sisik and Jafari 2025 (arXiv 2501.09863): labels of patients, which their slices take
over to learn from, pipelines A, B and C, and a vote. Assumed: pipeline A, which removes nothing;
three slices, as one may be taken in by an old infarct, and lesions span more than one of 5 mm; and
misses weighed like false alarms, as it is no emergency.
"""

from headct.core.labels import LEUKOENCEPHALOPATHY
from headct.tasks.task import Task

TASK = Task(
    name="leukoencephalopathy",
    title="vascular leukoencephalopathy",
    labels=(LEUKOENCEPHALOPATHY,),
    level="patient",
    pipeline="A",
    aggregation="vote:3@0.5",
    rule="youden",
    has_masks=True,
)
