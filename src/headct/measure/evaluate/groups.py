"""A label in subgroups: whether it holds at every site, age and maker."""

import numpy as np

from headct.measure.curves.operating import OperatingPoint
from headct.measure.evaluate.label import areas, measured_points
from headct.measure.evaluate.measurement import FEW_PATIENTS, Group
from headct.measure.evaluate.settings import Settings
from headct.measure.outcomes import Outcomes

MOST_GROUPS = 20
"""Of one column: one with more values is an identifier, or a number that wants classes."""


def measure_groups(
    outcomes: Outcomes, label: str, point: OperatingPoint, settings: Settings
) -> tuple[Group, ...]:
    """AUC, sensitivity and specificity in each subgroup, at one operating point."""
    found = []
    for column, values in outcomes.groups.items():
        for value in np.unique(values.astype(str))[:MOST_GROUPS]:
            rows = outcomes.at(values.astype(str) == value).of(label)
            if not len(rows.truth):
                continue
            is_few = min(rows.patients_by_kind) < FEW_PATIENTS
            (at_point,) = measured_points(rows, (point,), settings) or (None,)
            shares = {} if at_point is None else at_point.scores
            found.append(
                Group(
                    column=column,
                    value=str(value) or "not known",
                    rows=len(rows.truth),
                    positives=int(rows.truth.sum()),
                    patients=len(np.unique(rows.patients)),
                    scores={
                        **({} if is_few else {"auc": areas(rows, settings)["auc"]}),
                        **{name: shares[name] for name in ("sensitivity", "specificity")},
                    },
                    is_few=is_few,
                )
            )
    return tuple(found)
