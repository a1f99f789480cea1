"""What reconstruction kernels are for: soft tissue, or bone and lung."""

import re
from dataclasses import dataclass
from enum import Enum

from headct.dicom.words import BONE, SOFT_TISSUE, fold, says

# Siemens numbers kernels by sharpness: B60 to B80 and U70 to U90 are for bone and lung.
_SIEMENS_SHARP = 60
# Below this they are smooth to medium; 50 to 59 serve spine and sinuses as well as heads.
_SIEMENS_SMOOTH = 50
_SIEMENS = re.compile(r"(?!FC)[A-Z][A-Z]?(\d{2})[A-Z]*", re.IGNORECASE)


class Purpose(Enum):
    """What a kernel is made to show."""

    SOFT = "soft tissue"
    SHARP = "bone or lung"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Family:
    """Kernels of one maker that serve one purpose; names match as a whole, in any case."""

    maker: str
    names: str
    purpose: Purpose
    source: str


FAMILIES = (
    Family(
        "GE",
        r"(HD ?)?(BONE|BONEPLUS|EDGE|LUNG|ULTRA)",
        Purpose.SHARP,
        "named for bone and lung; ULTRA and EDGE are sharper than BONE",
    ),
    Family(
        "GE",
        r"(HD ?)?(STANDARD|STND|STD\+?|SOFT|DETAIL)",
        Purpose.SOFT,
        "STANDARD is the usual brain kernel; STD+ its older name",
    ),
    Family(
        "Philips",
        r"Y[A-D]|[DEL]",
        Purpose.SHARP,
        "Y: Y-sharp filters; D and E: detail and sharp; L: lung",
    ),
    Family(
        "Philips", r"U[A-C]|[ABC]", Purpose.SOFT, "U: brain filters; A to C: smooth to standard"
    ),
    Family(
        "Toshiba, Canon",
        r"FC(3\d|5\d|8\d)",
        Purpose.SHARP,
        "30s and 80s: bone and inner ear; 50s: lung",
    ),
    Family(
        "Toshiba, Canon",
        r"FC(0\d|1\d|2\d|6\d)",
        Purpose.SOFT,
        "00s and 10s: body; 20s and 60s: brain, the latter with beam-hardening correction",
    ),
)
"""First match counts. Siemens is judged by number, as its operating instructions do (SOMATOM
Sensation, chapters on body kernels: B30 standard, B60 to B80 sharper, U70 to U90 for bone)."""


def purpose_of(kernel: str) -> Purpose:
    """What a ConvolutionKernel is for; its first value, as strengths and the like follow."""
    name = kernel.split("\\", maxsplit=1)[0].strip()
    siemens = _SIEMENS.fullmatch(name)
    if siemens:
        sharpness = int(siemens[1])
        if sharpness >= _SIEMENS_SHARP:
            return Purpose.SHARP
        return Purpose.SOFT if sharpness < _SIEMENS_SMOOTH else Purpose.UNKNOWN
    for family in FAMILIES:
        if re.fullmatch(family.names, name, re.IGNORECASE):
            return family.purpose
    words = fold(name)
    if says(words, BONE) or "lung" in words.split():
        return Purpose.SHARP
    return Purpose.SOFT if says(words, SOFT_TISSUE) else Purpose.UNKNOWN
