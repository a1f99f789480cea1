"""Why a series is not the non-contrast axial head: one rule a function, in one list.

A rule gives the reason for a refusal in plain words, or None where it has no objection. Every rule
sees one homogeneous part of a series (``headct.dicom.split``).
"""

import re
from collections.abc import Callable
from math import cos, radians

from pydicom.uid import UID, CTImageStorage, EnhancedCTImageStorage
from pydicom.uid import LegacyConvertedEnhancedCTImageStorage as LegacyEnhancedCTImageStorage

from headct.core.series import Series
from headct.dicom import words
from headct.dicom.kernels import Purpose, purpose_of
from headct.dicom.planes import normal_of
from headct.dicom.split import is_localizer
from headct.dicom.words import says

Rule = Callable[[Series], str | None]

CT_CLASSES = frozenset({CTImageStorage, EnhancedCTImageStorage, LegacyEnhancedCTImageStorage})
# What ImageType calls pictures made from slices, which are not slices.
_RENDERED_TYPES = frozenset(
    {
        "MIP",
        "MINIP",
        "MAX_IP",
        "MIN_IP",
        "PROJECTION IMAGE",
        "VRT",
        "VOLREN",
        "VOLUME_RENDER",
        "SSD",
        "3D",
        "CURVED",
        "CPR",
        "SCREEN SAVE",
        "SUBTRACTION",
        "PERFUSION",
        "CBF",
        "CBV",
        "MTT",
        "TMAX",
        "TTP",
        "IODINE",
        "VNC",
        "VIRTUAL NON CONTRAST",
    }
)
# Up to here a gantry tilt (at most 30 degrees) or a head turned in its holder is still axial;
# beyond it the nearest plane is another one.
_MAX_OBLIQUE_DEG = 45.0
# Eight slices of the thickest kind make 80 mm, less than any adult brain is high.
MIN_SLICES = 8
# The thickest head protocols were 10 mm; thicker slices hide a small bleed by partial volume.
_MAX_THICKNESS_MM = 10.0
# Twice the largest matrix of a CT scanner (2048); more would only fill the memory.
_MAX_MATRIX = 4096
_NO_AGENT = re.compile(r"|0|n|no|none|nil|nein|kein\w*|aucun|ningun\w*|nessun\w*|nenhum")


def is_ct(series: Series) -> str | None:
    """Modality CT."""
    modality = series.first.modality
    if modality == "CT":
        return None
    if modality == "SR":
        return "a structured report (such as the dose report), not images"
    return f"modality is {modality or 'not stated'}, expected CT"


def is_ct_image(series: Series) -> str | None:
    """Stored as CT slices: not a screenshot, not a report."""
    if series.first.sop_class_uid in CT_CLASSES:
        return None
    uid = UID(series.first.sop_class_uid)
    return f"stored as {uid.name if uid.name != uid else 'an unknown class'}, not as CT images"


def is_slices(series: Series) -> str | None:
    """Slices, not localizers."""
    return "a localizer (scout view), not slices" if is_localizer(series.first) else None


def is_not_rendered(series: Series) -> str | None:
    """Reconstructed slices: not projections, renderings or maps."""
    rendered = _RENDERED_TYPES.intersection(series.first.image_type)
    if rendered:
        return f"image type says {min(rendered)}: a picture made from slices, not slices"
    if says(_said(series), words.RENDERING):
        return "described as a projection, rendering or virtual image, not slices"
    return None


def has_matrix(series: Series) -> str | None:
    """As many pixels as a scanner makes."""
    image = series.first
    if 1 <= image.rows <= _MAX_MATRIX and 1 <= image.columns <= _MAX_MATRIX:
        return None
    return (
        f"images of {image.rows} x {image.columns} pixels, expected up to {_MAX_MATRIX} x "
        f"{_MAX_MATRIX}: the header is wrong, export the series again"
    )


def has_geometry(series: Series) -> str | None:
    """Every image says where it lies."""
    lacking = sum(
        image.position_mm is None or image.orientation is None or image.spacing_mm is None
        for image in series.instances
    )
    if not lacking:
        return None
    return (
        f"{lacking} of {len(series.instances)} images state no position, orientation or pixel "
        "spacing that can be read: export the series again"
    )


def is_axial(series: Series) -> str | None:
    """Cut across the body, within 45 degrees: a tilted gantry is axial."""
    orientation = series.first.orientation
    if orientation is None:
        return None
    across = dict(zip(("sagittal", "coronal", "axial"), abs(normal_of(orientation)), strict=True))
    if across["axial"] >= cos(radians(_MAX_OBLIQUE_DEG)):
        return None
    return f"a {max(across, key=lambda plane: across[plane])} reformat, expected axial slices"


def is_not_angiography(series: Series) -> str | None:
    """No angiography."""
    return "described as angiography" if says(_said(series), words.ANGIOGRAPHY) else None


def is_not_perfusion(series: Series) -> str | None:
    """No perfusion scan, no bolus timing."""
    if says(_said(series), words.PERFUSION):
        return "described as a perfusion scan"
    if says(_said(series), words.BOLUS_TIMING):
        return "described as bolus timing"
    return None


def is_not_report(series: Series) -> str | None:
    """No page of dose or protocol figures."""
    return "described as a dose report" if says(_said(series), words.REPORT) else None


def is_head(series: Series) -> str | None:
    """The head: the first text that names any part of the body decides."""
    image = series.first
    for said in (image.series_description, image.body_part, image.protocol_name):
        if says(said, words.TEMPORAL_BONE):
            return "described as temporal bones, expected the whole head"
        if says(said, words.HEAD):
            return None
        for name, part in (
            ("neck", words.NECK),
            ("face or sinuses", words.FACE),
            ("another part of the body", words.TRUNK),
        ):
            if says(said, part):
                return f"described as {name}, expected the head"
    return None


def is_soft_kernel(series: Series) -> str | None:
    """No bone or lung kernel: its noise and edges hide and mimic bleeds."""
    image = series.first
    purpose = purpose_of(image.kernel)
    if purpose is Purpose.SHARP:
        return f"kernel {image.kernel} is made for bone or lung, expected one for soft tissue"
    described = image.series_description
    if says(described, words.BONE) and not says(described, words.SOFT_TISSUE):
        return "described as a bone reconstruction, expected one for soft tissue"
    return None


def is_enough(series: Series) -> str | None:
    """Enough slices for a head."""
    count = len(series.instances)
    if count >= MIN_SLICES:
        return None
    return f"{count} {'slice' if count == 1 else 'slices'}, a head needs at least {MIN_SLICES}"


def is_thin_enough(series: Series) -> str | None:
    """Slices of 10 mm at most."""
    thickest = max(image.thickness_mm or 0.0 for image in series.instances)
    if thickest <= _MAX_THICKNESS_MM:
        return None
    return f"slices of {thickest:g} mm, expected at most {_MAX_THICKNESS_MM:g} mm"


RULES: tuple[Rule, ...] = (
    is_ct,
    is_ct_image,
    is_slices,
    is_not_report,
    is_not_rendered,
    is_not_perfusion,
    is_not_angiography,
    has_matrix,
    has_geometry,
    is_axial,
    is_head,
    is_soft_kernel,
    is_enough,
    is_thin_enough,
)
"""In the order asked; the first objection is the reason given."""


def has_contrast(series: Series) -> bool:
    """Whether contrast was given: by what the series says of itself, else by the agent stated."""
    said = _said(series)
    if not says(said, words.BOTH_CONTRAST):
        if says(said, words.NO_CONTRAST):
            return False
        if says(said, words.CONTRAST):
            return True
    return states_agent(series)


def states_agent(series: Series) -> bool:
    """Whether any header names a contrast agent that is not a word for none."""
    agents = {words.fold(image.contrast_agent) for image in series.instances}
    return any(
        not _NO_AGENT.fullmatch(agent) and not says(agent, words.NO_CONTRAST) for agent in agents
    )


def is_of_a_child(series: Series) -> bool:
    """Whether description or protocol speak of a child."""
    return says(_all_said(series), words.CHILD)


def is_after_surgery(series: Series) -> bool:
    """Whether description or protocol speak of an operation on the head."""
    return says(_all_said(series), words.SURGERY)


def _all_said(series: Series) -> str:
    return f"{series.first.series_description} {series.first.protocol_name}"


def _said(series: Series) -> str:
    """The description; with the protocol where the description names neither head nor phase.

    One protocol covers a whole visit: "CTA HEAD" stands on its plain series as well.
    """
    image = series.first
    description = image.series_description
    if says(description, words.HEAD) or says(description, words.NO_CONTRAST):
        return description
    return f"{description} {image.protocol_name}"
