"""Whether a scan is good enough to learn from or be measured on, and if not, why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from headct.cohort.checking.look import Look
from headct.cohort.checking.measures import measure
from headct.core.errors import Refusal
from headct.core.series import Series
from headct.core.volume import Volume
from headct.dicom.gaps import find_gaps
from headct.dicom.rules import MIN_SLICES, is_after_surgery, is_of_a_child

# CQ500 leaves out patients younger than this and scans after surgery (Chilamkurthy et al.,
# Lancet 2018;392:2388-96).
LEAST_YEARS = 7.0


@dataclass(frozen=True)
class Limit:
    """How bad a measure may be.

    Args:
        at_most: the scan is excluded above it.
        what: what is then wrong.
        unit: of the measure.
        then: what to do.
    """

    at_most: float
    what: str
    unit: str
    then: str


LIMITS: Mapping[str, Limit] = {
    # A disc of 5 mm that differs by 10 HU, as affected white matter does, is seen where
    # 10 HU x √(area in mm²) / noise is at least 5 (Rose, J Opt Soc Am 1948;38:196-208).
    "noise_hu": Limit(8.9, "too noisy", "HU of noise", "use a thicker reconstruction"),
    # Between clean and moved digital heads, and above every scan of CT-ICH.
    "motion_hu": Limit(6.0, "the head moved", "HU from slice to slice", "use a repeated scan"),
    # Some 40 % of the widest slice; whole scans of CT-ICH end with up to 49 cm² at the base and
    # 40 at the top.
    "base_cm2": Limit(60.0, "the base is cut off or spoiled", "cm² of brain", "look at it"),
    "top_cm2": Limit(60.0, "the top is cut off or spoiled", "cm² of brain", "look at it"),
    "edge_mm": Limit(
        20.0, "the head is cut off at the side", "mm of edge", "reconstruct a wider field"
    ),
    # A small clip; no bone of digital heads or of the real series reaches any.
    "metal_ml": Limit(0.02, "metal by the brain", "mL", "leave it out, or take it in by hand"),
    # One slice of the thickest routine kind: as much is averaged away in every slice elsewhere.
    "missing_mm": Limit(7.5, "slices are missing", "mm not shown", "export the scan again"),
    # A hole of 2.3 cm across; sutures and fractures stay below.
    "gap_cm2": Limit(
        4.0, "the skull has a gap", "cm²", "after surgery, or an infant: leave it out"
    ),
}


@dataclass(frozen=True)
class Quality:
    """What the image quality gate says of a scan.

    Args:
        score: 0 to 1: the least over all measures of 1 - measure / (2 x limit), so that one
            half is the limit; 0 where the scan is excluded for what is no measure.
        reasons: why the scan is excluded; empty where it passes.
        measures: what was measured, by name; what the scan does not allow is not there.
    """

    score: float
    reasons: tuple[Refusal, ...]
    measures: Mapping[str, float]


def assess(seen: Look) -> Quality:
    """Ask every rule of the gate."""
    reasons = list(_of_the_patient(seen.opened.series))
    reasons += _too_few(seen.opened.volume)
    if isinstance(seen.skull, Refusal):
        return Quality(0.0, (*reasons, seen.skull), {})
    measures = measure(seen, seen.skull)
    measures["missing_mm"] = _missing_mm(seen.opened.volume, seen.opened.series)
    beyond = [
        Refusal(
            "image quality",
            f"{limit.what}: {measures[name]:.3g} {limit.unit}, expected at most "
            f"{limit.at_most:g}; {limit.then}",
        )
        for name, limit in LIMITS.items()
        if measures.get(name, 0.0) > limit.at_most
    ]
    score = 0.0 if reasons else score_of(measures)
    return Quality(score, (*reasons, *beyond), measures)


def score_of(measures: Mapping[str, float]) -> float:
    """How far the worst measure is from its limit: 1 perfect, one half at the limit, 0 twice it."""
    return min(
        (max(0.0, 1 - value / (2 * LIMITS[name].at_most)) for name, value in measures.items()),
        default=1.0,
    )


def _of_the_patient(series: Series | None) -> Iterator[Refusal]:
    """What the header and the descriptions say against the patient's scan."""
    if series is None:
        return
    years = series.first.patient_age_years
    if years is not None and years < LEAST_YEARS:
        yield Refusal(
            "patient", f"a small child: younger than {LEAST_YEARS:g} years by the header; leave out"
        )
    elif years is None and is_of_a_child(series):
        yield Refusal(
            "patient", "described as a child's scan: the header states no age; look at it"
        )
    if is_after_surgery(series):
        yield Refusal("patient", "described as after surgery: leave it out")


def _too_few(volume: Volume) -> Iterator[Refusal]:
    count = volume.grid.shape[0]
    if count < MIN_SLICES:
        yield Refusal("slices", f"too few slices: {count}, a head needs at least {MIN_SLICES}")


def _missing_mm(volume: Volume, series: Series | None) -> float:
    """The widest stretch that no slice shows, by the rule that reading uses."""
    thickness_mm: list[float | None] = []
    if series is not None:
        stated = {(i.sop_instance_uid, i.frame): i.thickness_mm for i in series.instances}
        thickness_mm = [stated.get((s.sop_instance_uid, s.frame)) for s in volume.sources]
    gaps = find_gaps(volume.grid, thickness_mm)
    return max((gap.gap_mm - gap.usual_mm for gap in gaps), default=0.0)
