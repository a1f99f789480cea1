"""Which series of a study is the axial non-contrast head, and why the others are not."""

from dataclasses import dataclass
from statistics import median

from headct.core.errors import Refusal
from headct.core.series import Series, Study
from headct.dicom.kernels import Purpose, purpose_of
from headct.dicom.planes import WHOLE_BRAIN_MM, extent_mm, shifts_mm
from headct.dicom.rules import (
    RULES,
    has_contrast,
    is_after_surgery,
    is_of_a_child,
    states_agent,
)
from headct.dicom.split import split

# The range of routine head protocols: thinner slices are noisier, thicker ones blur small bleeds.
_ROUTINE_MM = (2.5, 5.0)
_ADULT_YEARS = 18
# Four times the play of a table, and half of the least width of a bleed that is counted: slices
# shifted farther may tear such a one apart.
_TORN_MM = 2.0


@dataclass(frozen=True)
class Selection:
    """What of a study can be used.

    Args:
        candidates: the best first; each is homogeneous (see ``headct.dicom.split``).
        refused: everything else, with the reason.
        warnings: what must be known before trusting the first candidate.
        ranking: a line for each candidate: what it was ranked by.
    """

    candidates: tuple[Series, ...]
    refused: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    ranking: tuple[str, ...] = ()


def select(study: Study) -> Selection:
    """Find the axial non-contrast head series of a study.

    Every series is split into homogeneous parts and asked each rule in ``rules.RULES``. Those
    without objection are ranked: a soft-tissue kernel before an unknown one, original slices
    before reformatted, the whole brain before a part, 2.5 to 5 mm before thinner before thicker.
    A series with contrast is used only where none without is there.
    """
    patients = {image.patient_key for series in study.series for image in series.instances} - {""}
    if len(patients) > 1:
        reason = (
            f"its images name {len(patients)} different patients; expected one: "
            "separate them, or correct the patient IDs"
        )
        return Selection((), (Refusal("the study", reason),))
    refused: list[Refusal] = []
    candidates: list[tuple[str, Series]] = []
    for series in study.series:
        parts = split(series)
        refused += parts.refused
        for index, part in enumerate(parts.series, start=1):
            name = series.name
            if len(parts.series) > 1:
                name = f"{name}, part {index} of {len(parts.series)}"
            objection = _objection(part)
            if objection is None:
                candidates.append((name, part))
            else:
                refused.append(Refusal(name, objection))
    return _rank(candidates, refused)


def _objection(series: Series) -> str | None:
    return next((reason for rule in RULES if (reason := rule(series)) is not None), None)


def _rank(candidates: list[tuple[str, Series]], refused: list[Refusal]) -> Selection:
    plain = [(name, series) for name, series in candidates if not has_contrast(series)]
    if plain:
        refused = refused + [
            Refusal(name, "contrast was given, and a series without contrast is there")
            for name, series in candidates
            if has_contrast(series)
        ]
    ranked = sorted(plain or candidates, key=lambda named: _rank_of(named[1]))
    return Selection(
        candidates=tuple(series for _, series in ranked),
        refused=tuple(refused),
        warnings=warnings_about(ranked[0][1]) if ranked else (),
        ranking=tuple(f"{name}: {_described(series)}" for name, series in ranked),
    )


def _rank_of(series: Series) -> tuple[bool, bool, bool, int, float, int]:
    """Smaller is better; each entry decides only where those before it are equal."""
    covered = extent_mm(series.instances)
    return (
        purpose_of(series.first.kernel) is not Purpose.SOFT,
        not _is_original(series),
        not covered >= WHOLE_BRAIN_MM,
        _thickness_class(series),
        -covered,
        series.first.series_number or 0,
    )


def _is_original(series: Series) -> bool:
    return "ORIGINAL" in series.first.image_type


def _thickness_class(series: Series) -> int:
    """0 routine, 1 thinner, 2 thicker, 3 not stated."""
    stated = [image.thickness_mm for image in series.instances if image.thickness_mm]
    if not stated:
        return 3
    low, high = _ROUTINE_MM
    if median(stated) < low:
        return 1
    return 0 if median(stated) <= high else 2


def _described(series: Series) -> str:
    kernel = series.first.kernel or "not stated"
    stated = [image.thickness_mm for image in series.instances if image.thickness_mm]
    thickness = "thickness not stated"
    if stated:
        low, high = min(stated), max(stated)
        thickness = f"{low:g} mm thick" if low == high else f"{low:g} to {high:g} mm thick"
    return ", ".join(
        [
            f"{len(series.instances)} slices",
            "contrast" if has_contrast(series) else "no contrast",
            f"kernel {kernel} ({purpose_of(series.first.kernel).value})",
            "original" if _is_original(series) else "reformatted",
            f"{extent_mm(series.instances):.0f} mm covered",
            thickness,
        ]
    )


def warnings_about(series: Series) -> tuple[str, ...]:
    """What must be known before trusting a series."""
    warnings = []
    if has_contrast(series):
        warnings.append(
            "contrast was given: enhanced vessels and membranes look like blood; no series "
            "without contrast was there"
        )
    elif states_agent(series):
        warnings.append(
            "the header names a contrast agent while the description says there was none: check "
            "that the scan is plain"
        )
    age = series.first.patient_age_years
    if age is not None and age < _ADULT_YEARS:
        warnings.append("the patient is under 18: nothing here was tuned or tested on children")
    elif is_of_a_child(series):
        warnings.append("described as a child's: nothing here was tuned or tested on children")
    if is_after_surgery(series):
        warnings.append(
            "described as after an operation: drains, clips, trapped air and a missing bone flap "
            "were not what this was tuned or tested on"
        )
    covered = extent_mm(series.instances)
    if covered < WHOLE_BRAIN_MM:
        warnings.append(
            f"the series covers {covered:.0f} mm, less than a whole brain "
            f"({WHOLE_BRAIN_MM:.0f} mm or more)"
        )
    if (shift := max(shifts_mm(series.instances))) > _TORN_MM:
        warnings.append(
            f"slices are shifted within their plane by up to {shift:.1f} mm, more than a "
            "table's play: what spans them may look torn or be missed; check that it is one scan"
        )
    if purpose_of(series.first.kernel) is Purpose.UNKNOWN:
        warnings.append(
            f"kernel {series.first.kernel or 'not stated'} is not known: check that it is one for "
            "soft tissue"
        )
    return tuple(warnings)
