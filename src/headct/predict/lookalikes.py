"""What is dense without being blood, each by a rule that a reader can check on the picture.

The limits were set on 62 patients of CT-ICH and are no claim about other scans.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from headct.core.errors import Refusal
from headct.image.regions import Region

Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Limits:
    """Where each rule draws its line; set by hand on CT-ICH, see docs/concepts/finder.md.

    Args:
        least_ml: below, partial volume and vessels outnumber bleeds.
        most_calcium: share of voxels denser than any clot.
        least_half_mm: half of the thickness under which dura and vessels outnumber blood.
        most_midline: share of voxels within 4 mm of the midline; falx_half_mm: thicker is blood.
        sinus_off_mm: how far off the midline the sinus at its end reaches; sinus_half_mm: how
            thick it is at most; sinus_end: how far along the midline its end begins.
        least_seeds: share of voxels that stand out clearly.
        most_notched: share of voxels beside a notch or island of bone.
        base_level, deep_level: share of the widest slice under which a slice is base or vertex,
            at the bone and more than 6 mm away from it.
        hard_level, hard_excess_hu: the same for hardening, and how dense that gets.
    """

    least_ml: float = 0.8
    most_calcium: float = 0.06
    least_half_mm: float = 2.2
    most_midline: float = 0.25
    falx_half_mm: float = 6.0
    sinus_off_mm: float = 9.0
    sinus_half_mm: float = 5.5
    sinus_end: float = 0.8
    least_seeds: float = 0.12
    most_notched: float = 0.5
    base_level: float = 0.45
    deep_level: float = 0.2
    hard_level: float = 0.75
    hard_excess_hu: float = 22.0


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
        off_midline_mm: median distance from that plane.
        end_share: median distance from the middle along that plane, 1 at the skull.
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
    off_midline_mm: float
    end_share: float
    depth_mm: float
    level_share: float
    slices: tuple[int, int]


Rule = Callable[[Candidate, Limits], str | None]


def small(candidate: Candidate, limits: Limits) -> str | None:
    """Partial volume, noise and vessels in cross-section make specks."""
    least_ml = limits.least_ml
    return f"smaller than {least_ml:g} mL" if candidate.volume_ml < least_ml else None


def calcified(candidate: Candidate, limits: Limits) -> str | None:
    """Pineal, choroid plexus, basal ganglia, meningioma: calcium is denser than any clot."""
    dense = candidate.calcium_share > limits.most_calcium
    return "calcified: denser than clot" if dense else None


def thin(candidate: Candidate, limits: Limits) -> str | None:
    """Tentorium, vessels, cortex under the skull: sheets and cords."""
    half_mm = limits.least_half_mm
    flat = candidate.half_thickness_mm < half_mm
    return f"a sheet or cord under {2 * half_mm:g} mm" if flat else None


def midline(candidate: Candidate, limits: Limits) -> str | None:
    """Falx; blood between the hemispheres is thicker."""
    on_plane = candidate.midline_share > limits.most_midline
    is_falx = on_plane and candidate.half_thickness_mm < limits.falx_half_mm
    return "falx or sinus at the midline" if is_falx else None


def sinus(candidate: Candidate, limits: Limits) -> str | None:
    """The sagittal sinus in cross-section, a triangle where the midline meets the skull."""
    at_end = candidate.end_share > limits.sinus_end
    near = candidate.off_midline_mm < limits.sinus_off_mm
    is_sinus = at_end and near and candidate.half_thickness_mm < limits.sinus_half_mm
    return "sagittal sinus" if is_sinus else None


def faint(candidate: Candidate, limits: Limits) -> str | None:
    """Crowded cortex and shading: dense in places, not as a whole."""
    return "hardly denser than brain" if candidate.seed_share < limits.least_seeds else None


def bony_notch(candidate: Candidate, limits: Limits) -> str | None:
    """Partial volume of the ridges of the skull's inside."""
    return "beside a ridge of bone" if candidate.by_gap_share > limits.most_notched else None


def base_or_vertex(candidate: Candidate, limits: Limits) -> str | None:
    """Where the skull closes in from below and above, it shades and shares every voxel."""
    level = limits.base_level if candidate.depth_mm < 6.0 else limits.deep_level
    return "at the skull base or vertex" if candidate.level_share < level else None


def hardened(candidate: Candidate, limits: Limits) -> str | None:
    """Hardening between the petrous bones: low in the skull, at the bone, faint."""
    low = candidate.level_share < limits.hard_level and candidate.depth_mm < 4.0
    is_faint = candidate.excess_hu < limits.hard_excess_hu
    return "hardening near the skull base" if low and is_faint else None


RULES: tuple[Rule, ...] = (
    small, calcified, thin, midline, sinus, faint, bony_notch, base_or_vertex, hardened,
)  # fmt: skip


def set_aside_reason(candidate: Candidate, limits: Limits) -> str | None:
    """The first rule that speaks against blood, or None."""
    return next((reason for rule in RULES if (reason := rule(candidate, limits))), None)


def set_aside_report(candidates: Sequence[Candidate], limits: Limits) -> tuple[Refusal, ...]:
    """What is not counted and why; specks are counted instead of listed."""
    reasons = [(c, reason) for c in candidates if (reason := set_aside_reason(c, limits))]
    specks = [reason for c, reason in reasons if small(c, limits)]
    listed = [Refusal(describe(c), reason) for c, reason in reasons if not small(c, limits)]
    if specks:
        count = "1 dense speck" if len(specks) == 1 else f"{len(specks)} dense specks"
        listed.append(Refusal(count, specks[0]))
    return tuple(listed)


def describe(candidate: Candidate) -> str:
    """Where a candidate is, in slice numbers."""
    first, last = candidate.slices
    return f"slice {first}" if first == last else f"slices {first} to {last}"
