"""Three readers who disagree as much as is asked, drawn from the truth."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

READERS = 3
ICH, FRACTURE = "ICH", "Fracture"
FINDINGS = (
    "ICH",
    "IPH",
    "IVH",
    "SDH",
    "EDH",
    "SAH",
    "BleedLocation-Left",
    "BleedLocation-Right",
    "ChronicBleed",
    "Fracture",
    "CalvarialFracture",
    "OtherFracture",
    "MassEffect",
    "MidlineShift",
)
"""What CQ500's readers were asked, in the order of its reads.csv."""

_WHOLES = {
    **dict.fromkeys(("IPH", "IVH", "SDH", "EDH", "SAH"), ICH),
    **dict.fromkeys(("BleedLocation-Left", "BleedLocation-Right", "ChronicBleed"), ICH),
    **dict.fromkeys(("CalvarialFracture", "OtherFracture"), FRACTURE),
}

KAPPA = {
    "ICH": 0.78,
    "IPH": 0.77,
    "IVH": 0.70,
    "SDH": 0.54,
    "EDH": 0.60,
    "SAH": 0.60,
    "BleedLocation-Left": 0.72,
    "BleedLocation-Right": 0.72,
    "ChronicBleed": 0.50,
    "Fracture": 0.50,
    "CalvarialFracture": 0.45,
    "OtherFracture": 0.40,
    "MassEffect": 0.60,
    "MidlineShift": 0.65,
}
"""Fleiss' kappa of a made cohort's readers: assumptions, moderate to good as radiologists are."""


def draw_votes(
    truth: Flags, kappa: Mapping[str, float], chance: np.random.Generator
) -> NDArray[np.uint8]:
    """Draw what readers say so that Fleiss' kappa of each finding is expected to be as asked.

    A reader either sees the patient, or (as if asleep) reports all of a patient drawn at random
    from the same cohort. So no reader says what no patient has, and every finding is said as
    often as it is there. The worse a finding's kappa, the more often readers sleep through it; who
    sleeps through the whole (any hemorrhage) sleeps through its parts, and who denies the whole
    claims no part.

    Args:
        truth: (patients, findings), in the order of ``FINDINGS``.
        kappa: for each finding, 0..1; a part's not above its whole's.
        chance: draws.

    Returns:
        (readers, patients, findings) 0 or 1.

    Raises:
        ValueError: a kappa that cannot be.
    """
    _check(truth, kappa)
    patients = len(truth)
    tired = chance.random((READERS, patients))
    strangers = truth[chance.integers(patients, size=(READERS, patients))]
    prevalence = truth.mean(axis=0)
    votes = np.empty((READERS, *truth.shape), dtype=bool)
    # Wholes first: parts follow them.
    for name in sorted(FINDINGS, key=lambda finding: finding in _WHOLES):
        column = FINDINGS.index(name)
        seen, other = truth[None, :, column], strangers[..., column]
        whole = _WHOLES.get(name)
        attention = np.sqrt(kappa[name])
        if whole is not None:
            of_whole = prevalence[FINDINGS.index(whole)]
            attention = _attention(prevalence[column], of_whole, kappa[name], kappa[whole])
        votes[..., column] = np.where(tired < attention, seen, other)
        if whole is not None:
            votes[..., column] &= votes[..., FINDINGS.index(whole)]
    return votes.astype(np.uint8)


def _check(truth: Flags, kappa: Mapping[str, float]) -> None:
    if truth.ndim != 2 or truth.shape[1] != len(FINDINGS) or not len(truth):
        raise ValueError(f"expected (patients, {len(FINDINGS)}) of truth, got {truth.shape}")
    for name in FINDINGS:
        highest = kappa[_WHOLES[name]] if name in _WHOLES else 1.0
        if not 0 <= kappa[name] <= highest:
            raise ValueError(
                f"kappa of {name} must lie between 0 and {highest:g} (readers agree on a part no "
                f"better than on the whole), got {kappa[name]:g}"
            )
    for part, whole in _WHOLES.items():
        if (truth[:, FINDINGS.index(part)] & ~truth[:, FINDINGS.index(whole)]).any():
            raise ValueError(f"a patient has {part} and no {whole}: the truth contradicts itself")


def _attention(part: float, whole: float, kappa: float, kappa_of_whole: float) -> float:
    """How often a reader must see a part for its kappa, found by bisection.

    Kappa of two or more readers alike is the variance of how likely a patient's vote is,
    over the variance of votes: both follow from how often part and whole are there.
    """
    if not 0 < part < 1:
        return 1.0
    awake = np.sqrt(kappa_of_whole)
    weights = np.array([part, whole - part, 1 - whole])
    low, high = 0.0, float(awake)
    for _ in range(50):
        attention = (low + high) / 2
        missed = 1 - attention
        # A patient with the part, with another part alone, and with nothing.
        likely = np.array([attention + missed * part, missed * part, (1 - awake) * part])
        mean = float(weights @ likely)
        reached = float(weights @ (likely - mean) ** 2) / (mean * (1 - mean))
        low, high = (attention, high) if reached < kappa else (low, attention)
    return high
