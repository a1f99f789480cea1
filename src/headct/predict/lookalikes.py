"""What is dense without being blood, each by a rule that a reader can check on the picture.

The limits were set on 62 patients of CT-ICH and are no claim about other scans.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from headct.core.errors import Refusal
from headct.image.regions import Region

Box = tuple[slice, slice, slice]

LEAST_ML = 0.8  # below, partial volume and vessels outnumber bleeds


@dataclass(frozen=True, eq=False)
class Candidate:
    """A dense region inside the skull, and what the rules want to know of it.

    Args:
        box: where it lies in the scan.
        region: (slices, rows, columns) of the box.
        volume_ml: at the scan's spacing, or at the assumed one where none is known.
        half_thickness_mm: radius of the largest circle within it, in any slice.
        seed_share: of its voxels, those dense enough to have started it.
        excess_hu: its mean over the brain around it.
        calcium_share: of its voxels, those denser than any clot.
        by_gap_share: of its voxels, those beside a notch or island of bone.
        midline_share: of its voxels, those within 4 mm of the plane between the hemispheres.
        depth_mm: median distance to bone in the slice.
        level_share: the brain's area where the candidate is widest, over its widest area.
        slices: numbers of its first and last slice in the scan as read, from 1.
    """

    box: Box
    region: Region
    volume_ml: float
    half_thickness_mm: float
    seed_share: float
    excess_hu: float
    calcium_share: float
    by_gap_share: float
    midline_share: float
    depth_mm: float
    level_share: float
    slices: tuple[int, int]


Rule = Callable[[Candidate], str | None]


def small(candidate: Candidate) -> str | None:
    """Partial volume, noise and vessels in cross-section make specks."""
    return f"smaller than {LEAST_ML} mL" if candidate.volume_ml < LEAST_ML else None


def calcified(candidate: Candidate) -> str | None:
    """Pineal, choroid plexus, basal ganglia, meningioma: calcium is denser than any clot."""
    return "calcified: denser than clot" if candidate.calcium_share > 0.15 else None


def thin(candidate: Candidate) -> str | None:
    """Tentorium, vessels, cortex under the skull: sheets and cords under 4.4 mm."""
    return "a sheet or cord under 4.4 mm" if candidate.half_thickness_mm < 2.2 else None


def midline(candidate: Candidate) -> str | None:
    """Falx and the sinuses along it; blood between the hemispheres is thicker."""
    on_plane = candidate.midline_share > 0.25 and candidate.half_thickness_mm < 6.0
    return "falx or sinus at the midline" if on_plane else None


def faint(candidate: Candidate) -> str | None:
    """Crowded cortex and shading: dense in places, not as a whole."""
    return "hardly denser than brain" if candidate.seed_share < 0.08 else None


def bony_notch(candidate: Candidate) -> str | None:
    """Partial volume of the ridges of the skull's inside."""
    return "beside a ridge of bone" if candidate.by_gap_share > 0.4 else None


def base_or_vertex(candidate: Candidate) -> str | None:
    """Where the skull closes in from below and above, it shades and shares every voxel."""
    at_end = candidate.level_share < (0.45 if candidate.depth_mm < 6.0 else 0.2)
    return "at the skull base or vertex" if at_end else None


def hardened(candidate: Candidate) -> str | None:
    """Hardening between the petrous bones: low in the skull, at the bone, faint."""
    low = candidate.level_share < 0.75 and candidate.depth_mm < 4.0
    return "hardening near the skull base" if low and candidate.excess_hu < 22.0 else None


RULES: tuple[Rule, ...] = (
    small, calcified, thin, midline, faint, bony_notch, base_or_vertex, hardened,
)  # fmt: skip


def set_aside_reason(candidate: Candidate) -> str | None:
    """The first rule that speaks against blood, or None."""
    return next((reason for rule in RULES if (reason := rule(candidate))), None)


def set_aside_report(candidates: Sequence[Candidate]) -> tuple[Refusal, ...]:
    """What was not counted and why; specks are counted instead of listed."""
    specks = [c for c in candidates if small(c)]
    listed = tuple(
        Refusal(describe(c), set_aside_reason(c) or "") for c in candidates if not small(c)
    )
    if not specks:
        return listed
    count = "1 dense speck" if len(specks) == 1 else f"{len(specks)} dense specks"
    return (*listed, Refusal(count, small(specks[0]) or ""))


def describe(candidate: Candidate) -> str:
    """Where a candidate is, in slice numbers."""
    first, last = candidate.slices
    return f"slice {first}" if first == last else f"slices {first} to {last}"
