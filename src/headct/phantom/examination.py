"""Whose head, what is amiss with it, how it is scanned → the scan, and all that is known."""

from dataclasses import dataclass, replace

from headct.phantom.body.anatomy import head
from headct.phantom.body.traits import Ranges, follow_age, follow_tilt
from headct.phantom.lesions.disease import Disease, Diseased, give_disease
from headct.phantom.scanner.protocol import Protocol
from headct.phantom.scanner.scan import Phantom, scan_head
from headct.phantom.scanner.vendors import VENDORS

# The atlas is of adults.
_YOUNGEST, _OLDEST = 18, 110


@dataclass(frozen=True)
class Person:
    """Whose head it is.

    Args:
        seed: which head.
        age_years: whole years, written into the files; ventricles and sulci are then as wide as
            is usual at that age, more or less.
        atrophy: 0 for narrow ventricles and sulci to 1, as wide as in old age; None leaves it to
            age, or to the seed.

    Raises:
        ValueError: one of whom there is no head.
    """

    seed: int = 1
    age_years: int | None = None
    atrophy: float | None = None

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ValueError(f"a seed is 0 or more, got {self.seed}")
        if self.age_years is not None and not _YOUNGEST <= self.age_years <= _OLDEST:
            raise ValueError(
                f"the heads are of adults, {_YOUNGEST} to {_OLDEST} years old, got {self.age_years}"
            )
        if self.atrophy is not None and not 0 <= self.atrophy <= 1:
            raise ValueError(f"atrophy goes from 0 to 1, got {self.atrophy}")

    @property
    def ranges(self) -> Ranges:
        """From what the head is drawn."""
        if self.atrophy is not None:
            return replace(Ranges(), atrophy=(self.atrophy, self.atrophy))
        return Ranges() if self.age_years is None else follow_age(self.age_years)


@dataclass(frozen=True, eq=False)
class Examination:
    """One head CT, and all that is known of it.

    Args:
        person: whose it is.
        diseased: the head as it lies in the scanner, and what is amiss with it.
        scan: slices, exact shares, mL and sites of what counts.
        maker: whose way of writing files it follows, of ``VENDORS``; empty for a plain one.
    """

    person: Person
    diseased: Diseased
    scan: Phantom
    maker: str = ""

    def __post_init__(self) -> None:
        check_maker(self.maker)


def check_maker(name: str) -> None:
    """Refuse a maker that there is not; the empty name is of none."""
    if name and name not in VENDORS:
        known = ", ".join(f"{known!r}" for known in VENDORS)
        raise ValueError(f"expected a maker of {known}, got {name!r}")


def examine(person: Person, disease: Disease, protocol: Protocol, maker: str = "") -> Examination:
    """Make a head, what is amiss with it, and its scan; 4 to 8 s at a matrix of 512.

    Raises:
        ValueError: a bleed that does not fit into this head, what no slice shows whole, or a
            maker that there is not.
    """
    check_maker(maker)
    # A technician tilts the gantry along the skull base: so the head lies that way in the scan.
    healthy = head(person.seed, ranges=follow_tilt(protocol.tilt_deg, person.ranges))
    diseased = give_disease(healthy, disease)
    scan = scan_head(diseased.head, diseased.lesions, protocol, person.seed)
    return Examination(person, diseased, scan, maker)
