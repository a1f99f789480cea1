"""report.html: a measurement in one file, for readers and reviewers."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

import jinja2

import headct
from headct.core.record import Record
from headct.measure.evaluate.measurement import LabelResult, Measurement
from headct.measure.figures import told as in_words
from headct.measure.outcomes import Level
from headct.report.measurement import words
from headct.report.measurement.methods import intervals_table, methods
from headct.report.measurement.noted import note_of
from headct.report.measurement.sections import Shown, checklists, sections_of
from headct.report.measurement.shown import (
    leading,
    levels,
    listed_errors,
    of,
    page_errors,
    shown_systems,
)
from headct.report.measurement.tables import as_html

Pictures = Mapping[tuple[str, ...], bytes]

# Figures carry their styles with each of their lines: hashes cannot stand for these. Nothing runs
# and nothing loads, so that styles can do no harm.
_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
_MANY = {Level.SLICE: "slices", Level.STUDY: "studies", Level.PATIENT: "patients"}


def measurement_page(
    measurement: Measurement,
    record: Record,
    figures: Sequence[Shown],
    pictures: Pictures | None = None,
) -> str:
    """A measurement as the text of an HTML file that needs no other file.

    It names no patient: errors have the numbers of tables/worst_errors.csv.

    Args:
        measurement: what was measured.
        record: of the run.
        figures: drawn.
        pictures: JPEGs by the names of errors, empty bytes for those not found; None or none
            where no images were given.
    """
    styles = (
        files("headct.report").joinpath("page.css"),
        files("headct.report.measurement").joinpath("page.css"),
    )
    template = files("headct.report.measurement").joinpath("page.html.j2")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"count": "{:,}".format, "table": as_html, "counted": words.counted}
    answer = _answer(measurement)
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        style="".join(path.read_text(encoding="utf-8") for path in styles),
        policy=_POLICY,
        version=headct.__version__,
        answer=answer,
        measurement=measurement,
        sections=[*sections_of(measurement, figures)],
        cards=[*_cards(measurement, pictures or {})],
        asked=len(pictures or {}),
        missing=sum(not jpeg for jpeg in (pictures or {}).values()),
        listed=sum(1 for _ in listed_errors(measurement)),
        methods=methods(measurement),
        intervals=intervals_table(measurement),
        checklists=checklists(measurement),
        record=record.as_dict(),
        settings=measurement.settings.as_dict(),
    )


def _answer(measurement: Measurement) -> dict[str, Any]:
    """What stands on top: one figure in words, and what it is counted from."""
    there, label = levels(measurement), leading(measurement)
    counted = [
        {"name": "Patients", "value": f"{measurement.patients:,}"},
        {"name": "Cases" if measurement.masks else "Rows", "value": f"{measurement.rows:,}"},
    ]
    if not there:
        return {"kicker": "Measurement", "counted": counted, **_without_labels(measurement)}
    level = there[0]
    one = of(measurement.systems[0], level, label)
    if one is not None:
        counted.append({"name": f"Positive {_MANY[level]}", "value": f"{one.positives:,}"})
    if len(measurement.systems) > 1:
        counted.append({"name": "Systems", "value": str(len(measurement.systems))})
    kicker = f"{words.label(label)}, {words.LEVELS[level].lower()}"
    return {"kicker": kicker, "counted": counted, **_areas(measurement, level, label)}


def _areas(measurement: Measurement, level: Level, label: str) -> dict[str, str]:
    found = [one for s in measurement.systems if (one := of(s, level, label)) is not None]
    values = [one.areas["auc"].value for one in found]
    known = [value for value in values if value is not None]
    if not found or found[0].is_few or not known:
        return {
            "headline": "Too few to claim anything",
            "told": "Counts are given below, and what could be computed stands in "
            "measurement.json.",
        }
    if all(one.is_calls for one in found):
        return _of_calls(measurement, found)
    if len(found) == 1:
        auc = found[0].areas["auc"]
        covers = f"{100 * measurement.settings.confidence:g} % interval"
        low, high = auc.low, auc.high
        told = f"{covers} {low:.3f} to {high:.3f}, {auc.method}. " if low is not None else ""
        # Without one it is said why.
        told = told or f"{note_of(auc)[:1].upper()}{note_of(auc)[1:]}. "
        return {
            "headline": f"AUC {auc.value:.3f}",
            "told": told + _shares(measurement, level, label),
        }
    headline = f"AUC {min(known):.3f} to {max(known):.3f} over {len(known)} systems"
    return {"headline": headline, "told": _range_told(measurement)}


def _of_calls(measurement: Measurement, found: list[LabelResult]) -> dict[str, str]:
    """Readers and the like, whose scores are only 0 and 1: their one point."""
    shares = [one.points[0].scores for one in found if one.points]
    if len(shares) == 1:
        both = (shares[0]["sensitivity"], shares[0]["specificity"])
        headline = "Sensitivity {:.3f}, specificity {:.3f}".format(*(one.value for one in both))
        told = (
            f"Scores are only 0 and 1. With {100 * measurement.settings.confidence:g} % intervals: "
            f"sensitivity {both[0]}, specificity {both[1]}."
        )
        return {"headline": headline, "told": told}
    ranges = []
    for name in ("sensitivity", "specificity"):
        known = [value for each in shares if (value := each[name].value) is not None]
        ranges.append(f"{name} {min(known):.3f} to {max(known):.3f}")
    headline = f"{', '.join(ranges)} over {len(shares)} systems".capitalize()
    return {"headline": headline, "told": f"Scores are only 0 and 1. {_range_told(measurement)}"}


def _range_told(measurement: Measurement) -> str:
    """Whose range a headline of several systems is."""
    systems = len(measurement.systems)
    models = len({one.model for one in measurement.systems})
    told = f"They are {words.counted(models, 'model')}"
    if models < systems:
        told = f"They are {words.counted(systems, 'run')} of {words.counted(models, 'model')}"
    return f"{told}; this is their range. Each has its interval in the table below."


def _shares(measurement: Measurement, level: Level, label: str) -> str:
    one = of(measurement.systems[0], level, label)
    if one is None or not one.points:
        return ""
    point = one.points[0]
    return (
        f"At a score of {point.chosen.threshold:g}, sensitivity {point.scores['sensitivity']} and "
        f"specificity {point.scores['specificity']}."
    )


def _without_labels(measurement: Measurement) -> dict[str, str]:
    """Masks or volumes alone."""
    if measurement.masks is not None:
        for one in measurement.masks.classes:
            dice = one.means.get("dice")
            if dice is not None and dice.value is not None:
                told = f"Mean over the cases that have it: {dice}."
                return {
                    "headline": f"{words.label(one.label)}: Dice {dice.value:.3f}",
                    "told": told,
                }
    for volume in (one for system in measurement.systems for one in system.volumes):
        absolute = volume.compared.agreement.get("absolute")
        if absolute is not None and absolute.bias.value is not None:
            figure = in_words.told(absolute.bias, in_words.ml_digits(absolute.bias))
            headline = f"{words.label(volume.label)}: bias {figure.partition(' ')[0]} mL"
            return {"headline": headline, "told": f"Predicted less true: {figure} mL."}
    return {"headline": "Nothing could be measured", "told": ""}


def _cards(measurement: Measurement, pictures: Pictures) -> Iterator[dict[str, Any]]:
    """The worst errors, under the numbers of tables/worst_errors.csv."""
    has_many = len(shown_systems(measurement)) > 1
    for number, system, error in page_errors(measurement):
        jpeg = pictures.get(error.name, b"")
        yield {
            "number": number,
            "jpeg": base64.b64encode(jpeg).decode("ascii"),
            "is_strip": system.levels[0].level is not Level.SLICE,
            "kind": "missed" if error.truth else "false alarm",
            "label": words.label(error.label),
            "score": f"{error.score:.3f}",
            "system": system.name if has_many else "",
        }
