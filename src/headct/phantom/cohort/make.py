"""A planned patient → every series that lies in the folder, and the truth."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headct.core.volume import Mask, Volume
from headct.dicom.write import Header
from headct.phantom.body.anatomy import Head, head
from headct.phantom.body.traits import Ranges, follow_tilt
from headct.phantom.cohort.others import (
    CHEST,
    NECK,
    draw_localizer,
    draw_part,
    reformat,
    widen,
)
from headct.phantom.cohort.plan import Patient
from headct.phantom.lesions.disease import Diseased, give_disease
from headct.phantom.scanner.scan import Phantom, inside_circle, scan_head
from headct.phantom.scanner.technique import fit_protocol
from headct.phantom.scanner.vendors import VENDORS

# 512 rows by 600 columns, as some consoles export.
_WIDE = 600 / 512

# How others are described: in Slovak, in English; a defined term of body part; the image type.
_SAID = {
    "coronal": ("Hlava COR MPR", "Head COR MPR", "HEAD", ("DERIVED", "SECONDARY", "AXIAL")),
    "sagittal": ("Hlava SAG MPR", "Head SAG MPR", "HEAD", ("DERIVED", "SECONDARY", "AXIAL")),
    "localizer": ("Topogram", "Scout", "HEAD", ("ORIGINAL", "PRIMARY", "LOCALIZER")),
    "chest": ("Hrudník natívne", "Chest plain", "CHEST", ("ORIGINAL", "PRIMARY", "AXIAL")),
    "neck": ("Krk natívne", "Neck plain", "NECK", ("ORIGINAL", "PRIMARY", "AXIAL")),
}


@dataclass(frozen=True, eq=False)
class Taken:
    """One series as it goes to the files.

    Args:
        volume: as scanned.
        header: what the files say.
        thickness_mm: of each slice, where it differs.
        mask: the truth; None for all but axial heads.
        outside: (rows, columns) pixels that the scanner does not reconstruct.
    """

    volume: Volume
    header: Header
    thickness_mm: tuple[float, ...] | None = None
    mask: Mask | None = None
    outside: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Made:
    """A patient's series, the axial heads first, and what is really there.

    Args:
        plan: what was planned.
        series: each with a number of its own in its header.
        truth_ml: for each label, exactly.
        sites: for each label, in words.
        diseased: the head and all that is amiss with it.
    """

    plan: Patient
    series: tuple[Taken, ...]
    truth_ml: Mapping[str, float]
    sites: Mapping[str, str]
    diseased: Diseased


def make_patient(plan: Patient, matrix: int, *, thin_mm: float | None = None) -> Made:
    """Make a patient's head, lesions and series; 4 to 8 s at a matrix of 512.

    Args:
        plan: the patient.
        matrix: rows and columns of axial heads.
        thin_mm: also scan in slices of this thickness.
    """
    ranges = replace(Ranges(), atrophy=(plan.atrophy, plan.atrophy))
    drawn = head(plan.head_seed, ranges=follow_tilt(plan.technique.tilt_deg, ranges))
    # The mL of a cohort are drawn before its heads are: some do not fit.
    diseased = give_disease(drawn, plan.disease, must_fit=False)
    drawn, lesions = diseased.head, diseased.lesions
    techniques = [plan.technique]
    if thin_mm is not None:
        techniques.append(replace(plan.technique, thin=0, thickness_mm=thin_mm, above_mm=thin_mm))
    scans = [
        scan_head(drawn, lesions, fit_protocol(drawn, technique, matrix), plan.seed)
        for technique in techniques
    ]
    series = [_taken(scan, plan, number) for number, scan in enumerate(scans, start=1)]
    chance = np.random.default_rng([plan.seed, 8])
    for number, name in enumerate(plan.others, start=len(series) + 1):
        series.append(_other(name, number, (plan, drawn, scans[0].volume), chance))
    return Made(plan, tuple(series), scans[0].truth_ml, scans[0].sites, diseased)


def _header(plan: Patient, number: int, description: str) -> Header:
    """The header of an axial head, all of it invented."""
    chance = np.random.default_rng([plan.seed, 9])
    year, month, day = (int(chance.integers(*ends)) for ends in ((2015, 2021), (1, 13), (1, 29)))
    header = Header(
        patient_name=f"Phantom^Simulated {plan.number}",
        patient_id=plan.number,
        patient_age_years=plan.age_years,
        study_date=f"{year}{month:02d}{day:02d}",
        study_description="CT hlavy, simulované" if plan.language == "sk" else "CT head, simulated",
        series_description=description,
        series_number=number,
    )
    return VENDORS[plan.technique.vendor].dress(header, plan.technique.kernel)


def _taken(scan: Phantom, plan: Patient, number: int) -> Taken:
    thickest = float(scan.thickness_mm.max())
    word = "Hlava natívne" if plan.language == "sk" else "Head plain"
    header = _header(plan, number, f"{word} {thickest:g} mm")
    volume, mask = scan.volume, scan.truth
    outside = ~inside_circle(volume.grid.shape[1])
    if plan.technique.is_wide:
        volume, mask, outside = widen(volume, mask, outside, round(volume.grid.shape[2] * _WIDE))
    return Taken(volume, header, tuple(float(t) for t in scan.thickness_mm), mask, outside)


def _other(
    name: str, number: int, made: tuple[Patient, Head, Volume], chance: np.random.Generator
) -> Taken:
    plan, drawn, scan = made
    slovak, english, body_part, image_type = _SAID[name]
    header = replace(
        _header(plan, number, slovak if plan.language == "sk" else english),
        body_part=body_part,
        image_type=image_type,
        protocol_name="Head" if body_part == "HEAD" else body_part.title(),
    )
    if name == "localizer":
        return Taken(draw_localizer(drawn), header)
    if name in {"coronal", "sagittal"}:
        return Taken(reformat(scan, name), header)
    part = CHEST if name == "chest" else NECK
    volume = draw_part(part, scan.grid.shape[1], 2 * plan.technique.noise_hu, chance)
    return Taken(volume, header)
