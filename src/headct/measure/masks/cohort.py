"""The masks of many cases, class by class: averages with intervals, and what is counted instead.

Averages are over the cases whose truth has the class: a miss counts in them, with a Dice of 0.
Cases without the class are counted, the quiet ones and the false alarms; a Dice that takes false
alarms as 0 too, as challenges have it, is given under its own name. A mean is over the cases in
which the score is defined and finite, and says how many; a median takes a missed bleed's distance
as what it is, infinite, so that misses do not make distances look smaller.

Lesions are pooled over all cases. Intervals: bootstrap by patient, every figure from the same
draws.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headct.measure.estimate import Estimate
from headct.measure.masks.averages import Drawing, mean, median, pooled_f1, share
from headct.measure.masks.case import SCORES, ClassScore, MaskCase
from headct.measure.masks.lesions import Lesions
from headct.measure.masks.overlap import Presence
from headct.measure.outcomes import Flags
from headct.measure.resampling.draws import SAMPLES

Numbers = NDArray[np.float64]

# 30 mL is where the ICH score (Hemphill et al., Stroke 2001;32:891-897) cuts; the small ones,
# which are missed, are told apart at 1 and 5 mL: balls of 12 and 21 mm.
SIZES_ML = (1.0, 5.0, 30.0)

CASE_COLUMNS = (
    *("case", "patient", "class", "drawn_by"),
    *SCORES,
    *("true_lesions", "found_lesions", "predicted_lesions", "true_predicted_lesions"),
)
"""The columns of ``case_rows``."""


@dataclass(frozen=True)
class SizeClass:
    """True lesions of one size.

    Args:
        low_ml: from this size up.
        high_ml: to just below this.
        lesions: how many.
        found: how many of them.
        sensitivity: their share.
    """

    low_ml: float
    high_ml: float
    lesions: int
    found: int
    sensitivity: Estimate


@dataclass(frozen=True, eq=False)
class ClassResult:
    """One class over many cases.

    Args:
        label: which class.
        cases: whose masks tell of it; ``patients``: of how many.
        drawn_by: how many cases each way: both, missed, false alarm, neither.
        means: over the cases that truly have the class, by name as in ``case.SCORES``.
        medians: likewise.
        dice_with_false_alarms: mean Dice over all cases but the quiet ones.
        false_alarm_ml: mean volume drawn in cases without the class, quiet ones among them.
        lesions: sensitivity, precision and f1 over all lesions of all cases.
        true_lesions: how many; ``predicted_lesions``: likewise.
        sizes: true lesions by size, of cases whose spacing is known.
    """

    label: str
    cases: int
    patients: int
    drawn_by: Mapping[Presence, int]
    means: Mapping[str, Estimate]
    medians: Mapping[str, Estimate]
    dice_with_false_alarms: Estimate
    false_alarm_ml: Estimate
    lesions: Mapping[str, Estimate]
    true_lesions: int
    predicted_lesions: int
    sizes: tuple[SizeClass, ...]


def summarize_masks(
    cases: Sequence[MaskCase],
    *,
    rng: np.random.Generator,
    samples: int = SAMPLES,
    level: float = 0.95,
    sizes_ml: Sequence[float] = SIZES_ML,
) -> tuple[ClassResult, ...]:
    """Every class of many cases, in the order they first come.

    Args:
        cases: as ``score_masks`` gives them.
        rng: for the bootstrap.
        samples: how many times patients are drawn.
        level: how much an interval covers.
        sizes_ml: where sizes of lesions are told apart, rising.

    Raises:
        ValueError: sizes that do not rise from above 0, or fewer than one sample.
    """
    sizes = tuple(sizes_ml)
    if list(sizes) != sorted({ml for ml in sizes if 0 < ml < np.inf}):
        raise ValueError(f"expected sizes that rise from above 0 mL, got {sizes}")
    drawing = Drawing(int(rng.integers(2**63)), samples, level)
    labels = dict.fromkeys(one.label for case in cases for one in case.classes)
    told = {
        label: [(c.patient, one) for c in cases for one in c.classes if one.label == label]
        for label in labels
    }
    return tuple(_summarize(label, told[label], sizes, drawing) for label in labels)


def case_rows(cases: Sequence[MaskCase]) -> list[tuple[str | float | int | None, ...]]:
    """A row for each class of each case, with the columns ``CASE_COLUMNS``; None if not defined."""
    return [
        (
            *(case.name, case.patient, one.label, str(one.overlap.presence)),
            *one.values().values(),
            *(len(one.lesions.is_found), int(one.lesions.is_found.sum())),
            *(len(one.lesions.is_true), int(one.lesions.is_true.sum())),
        )
        for case in cases
        for one in case.classes
    ]


def _summarize(
    label: str,
    told: list[tuple[str, ClassScore]],
    sizes_ml: tuple[float, ...],
    drawing: Drawing,
) -> ClassResult:
    patients = np.array([patient for patient, _ in told])
    scores = [one for _, one in told]
    # None becomes NaN.
    values = np.array([list(one.values().values()) for one in scores], dtype=np.float64)
    columns = dict(zip(SCORES, values.T, strict=True))
    is_there = np.array([bool(one.overlap.truth) for one in scores])
    presences = [one.overlap.presence for one in scores]
    lesions = [one.lesions for one in scores]
    found = _count([one.is_found for one in lesions])
    true = _count([one.is_true for one in lesions])
    return ClassResult(
        label=label,
        cases=len(scores),
        patients=len(np.unique(patients)),
        drawn_by={one: presences.count(one) for one in Presence},
        means={
            name: mean(column[is_there], patients[is_there], drawing)
            for name, column in columns.items()
        },
        medians={
            name: median(column[is_there], patients[is_there], drawing)
            for name, column in columns.items()
        },
        dice_with_false_alarms=mean(columns["dice"], patients, drawing),
        false_alarm_ml=mean(columns["predicted_ml"][~is_there], patients[~is_there], drawing),
        lesions={
            "sensitivity": share(*found, patients, drawing),
            "precision": share(*true, patients, drawing),
            "f1": pooled_f1(found, true, patients, drawing),
        },
        true_lesions=int(found[1].sum()),
        predicted_lesions=int(true[1].sum()),
        sizes=_by_size(lesions, patients, sizes_ml, drawing),
    )


def _by_size(
    lesions: list[Lesions],
    patients: NDArray[np.str_],
    sizes_ml: tuple[float, ...],
    drawing: Drawing,
) -> tuple[SizeClass, ...]:
    classes = []
    for low, high in zip((0.0, *sizes_ml), (*sizes_ml, np.inf), strict=True):
        # NaN, a lesion without a size, is in no class.
        of_size = [(one.true_ml >= low) & (one.true_ml < high) for one in lesions]
        found = _count([one.is_found[among] for one, among in zip(lesions, of_size, strict=True)])
        classes.append(
            SizeClass(
                low_ml=low,
                high_ml=high,
                lesions=int(found[1].sum()),
                found=int(found[0].sum()),
                sensitivity=share(*found, patients, drawing),
            )
        )
    return tuple(classes) if any(one.lesions for one in classes) else ()


def _count(flags: list[Flags]) -> tuple[Numbers, Numbers]:
    """(cases,) how many are True, and how many there are."""
    return (
        np.array([one.sum() for one in flags], dtype=np.float64),
        np.array([len(one) for one in flags], dtype=np.float64),
    )
