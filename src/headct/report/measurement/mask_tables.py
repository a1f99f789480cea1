"""Masks of many cases as tables."""

from collections.abc import Iterator, Sequence

from headct.measure.evaluate.measurement import MaskResult
from headct.measure.masks.overlap import Presence
from headct.report.measurement import words
from headct.report.measurement.noted import noted
from headct.report.measurement.paper_tables import methods_of
from headct.report.measurement.tables import Cell, Table

_OVERLAP = ("dice", "iou", "precision", "recall", "surface_dice")
_DISTANCE = ("hd95_mm", "mean_distance_mm")


def mask_tables(masks: MaskResult) -> Iterator[Table]:
    """Cases counted, averages of overlap and distance, lesions, and lesions by size."""
    counted: list[tuple[Cell, ...]] = [
        (
            *(words.label(one.label), one.cases, one.patients),
            *(one.drawn_by.get(kind, 0) for kind in Presence),
            *(one.dice_with_false_alarms, one.false_alarm_ml),
        )
        for one in masks.classes
    ]
    columns = (
        *("class", "cases", "patients", *(kind.value for kind in Presence)),
        *("Dice with false alarms as 0", "false alarm, mL a case without it"),
    )
    yield noted(Table("Cases by who has drawn", columns, tuple(counted), methods_of(counted)))
    for title, names in (("Overlap", _OVERLAP), ("Distance", _DISTANCE)):
        yield _averages(masks, title, names)
    lesions: list[tuple[Cell, ...]] = [
        (
            *(words.label(one.label), one.true_lesions, one.predicted_lesions),
            *(one.lesions.get(name) for name in ("sensitivity", "precision", "f1")),
        )
        for one in masks.classes
    ]
    columns = ("class", "true lesions", "predicted lesions", "sensitivity", "precision", "F1")
    yield noted(Table("Lesions", columns, tuple(lesions), methods_of(lesions)))
    sizes: list[tuple[Cell, ...]] = [
        (
            words.label(one.label),
            f"{size.low_ml:g} to {size.high_ml:g} mL".replace("to inf mL", "mL or more"),
            *(size.lesions, size.found, size.sensitivity),
        )
        for one in masks.classes
        for size in one.sizes
    ]
    columns = ("class", "size of the true lesion", "lesions", "found", "sensitivity")
    yield noted(Table("Lesions by size", columns, tuple(sizes), methods_of(sizes), row_heads=2))


def _averages(masks: MaskResult, title: str, names: Sequence[str]) -> Table:
    """Mean and median; a note says over how many cases, where that is not all of them."""
    rows: list[tuple[Cell, ...]] = [
        (words.label(one.label), kind, *(of.get(name) for name in names))
        for one in masks.classes
        for kind, of in (("mean", one.means), ("median", one.medians))
    ]
    columns = ("class", "over cases", *map(words.score, names))
    note = "Over the cases that truly have the class; a miss has a Dice of 0."
    return noted(Table(title, columns, tuple(rows), (note, *methods_of(rows)), row_heads=2))
