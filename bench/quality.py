"""The image quality gate on digital heads with known faults, and on real scans; wrong labels found.

Limits were chosen on other heads (seeds from 51,000) and on CT-ICH. A phantom cohort in hospital
layout, named in HEADCT_COHORT, is needed for the last part:
``headct phantom --cohort 1244 --flaws --out COHORT``.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.suspects import auc, seen_and_known, tell_suspects
from headct.cohort.checking.look import look
from headct.cohort.checking.quality import LIMITS, Quality, assess
from headct.cohort.images import Opened, open_case
from headct.core.case import Case, Pictures
from headct.core.errors import Refusal
from headct.core.volume import Volume
from headct.image.geometry import Crop, upright
from headct.phantom.body.anatomy import Head, head
from headct.phantom.body.traits import Ranges, follow_tilt
from headct.phantom.cohort.draws import draw_technique
from headct.phantom.lesions.disease import Disease, Hemorrhage, give_disease
from headct.phantom.lesions.lookalikes import lookalike
from headct.phantom.scanner.protocol import REFERENCE_MGY, Motion, Protocol
from headct.phantom.scanner.scan import scan_head
from headct.phantom.scanner.technique import fit_protocol

DATA = Path(os.environ.get("HEADCT_DATA", Path(__file__).parents[2] / "shared" / "data"))
COHORT = os.environ.get("HEADCT_COHORT", "")
FIRST_SEED, HEADS = 52_000, 24
# Shift in mm and turn in degrees, about.
MOTIONS = {"motion, 1 mm": (1.0, 1.0), "motion, 3 mm": (3.0, 2.5), "motion, 6 mm": (6.0, 6.0)}
# What each fault should show in; faults not named here are clean heads, or shown whole.
SHOWS = {
    **dict.fromkeys(MOTIONS, "motion_hu"),
    "aneurysm coil": "metal_ml",
    "aneurysm clip": "metal_ml",
    "cochlear implant": "metal_ml",
    "gap in the bone": "gap_cm2",
    "bone flap": "gap_cm2",
    "burr hole": "gap_cm2",
    "noise x 2": "noise_hu",
    "noise x 3": "noise_hu",
    "noise x 4": "noise_hu",
    "top cut by 20 mm": "top_cm2",
    "top cut by 40 mm": "top_cm2",
    "base cut by 40 mm": "base_cm2",
    "base cut by 60 mm": "base_cm2",
    "side cut at the brain": "edge_mm",
    "side cut 20 mm inside": "edge_mm",
    "field of 150 mm": "edge_mm",
}
SOUND = ("sound", "bleeding, infarct, tumour")


@dataclass(frozen=True, eq=False)
class Person:
    """A digital head, the protocol that suits it, and its dice."""

    seed: int
    head: Head
    protocol: Protocol
    chance: np.random.Generator

    def scan(self, protocol: Protocol | None = None, *, sick: Disease | None = None) -> Volume:
        """The head, scanned."""
        drawn, lesions = self.head, ()
        if sick is not None:
            diseased = give_disease(self.head, sick)
            drawn, lesions = diseased.head, diseased.lesions
        scan = scan_head(drawn, lesions, protocol or self.protocol, self.seed)
        return upright(scan.volume)


def main() -> None:
    """Print the tables."""
    cv2.setNumThreads(1)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        seeds = range(FIRST_SEED, FIRST_SEED + HEADS)
        found = [pair for pairs in pool.map(judge, seeds) for pair in pairs]
        tell_faults(found)
        if not DATA.is_dir():
            print(f"(no real scans at {DATA}: left out; name their folder in HEADCT_DATA)")
        else:
            tell_real(list(pool.map(judge_real, real_cases())))
        if COHORT:
            tell_suspects(list(pool.map(seen_and_known, sorted(Path(COHORT).glob("[0-9]*")))))


def judge(seed: int) -> list[tuple[str, Quality]]:
    """What the gate says of each scan of one head."""
    return [(name, assess(look(Opened(volume)))) for name, volume in scans(person(seed))]


def person(seed: int) -> Person:
    """A head, and how it is scanned."""
    chance = np.random.default_rng([seed, 5])
    technique = draw_technique(chance)
    drawn = head(seed, ranges=follow_tilt(technique.tilt_deg, Ranges()))
    return Person(seed, drawn, fit_protocol(drawn, technique, 512), chance)


def scans(who: Person) -> Iterator[tuple[str, Volume]]:
    """The head scanned as it should be, and with each fault."""
    sound = who.scan()
    yield "sound", sound
    yield "bleeding, infarct, tumour", who.scan(sick=draw_disease(who))
    for name, (shift_mm, turn_deg) in MOTIONS.items():
        yield name, who.scan(moved(who, shift_mm, turn_deg))
    for name in ("aneurysm coil", "aneurysm clip", "cochlear implant"):
        yield name, who.scan(sick=Disease(who.seed, lookalike=name))
    opened = lookalike(who.head, "craniotomy", who.seed)
    kind = next(
        name for name in ("gap in the bone", "bone flap", "burr hole") if name in opened.site
    )
    yield kind, upright(scan_head(who.head, [opened], who.protocol, who.seed).volume)
    for times in (2, 3, 4):
        dim = replace(who.protocol, dose_mgy=REFERENCE_MGY / times**2)
        yield f"noise x {times}", who.scan(dim)
    yield from cut(sound)
    yield "field of 150 mm", who.scan(replace(who.protocol, field_of_view_mm=150.0))


def draw_disease(who: Person) -> Disease:
    """What a scan should not be refused for."""
    names = ("acute infarct", "old infarct", "calcified basal ganglia", "tumour", "arachnoid cyst")
    labels = ("epidural", "intraparenchymal", "intraventricular", "subarachnoid", "subdural")
    bleed = Hemorrhage(str(who.chance.choice(labels)), 20.0)
    return Disease(
        who.seed,
        grade=int(who.chance.integers(0, 5)),
        lookalike=str(who.chance.choice(names)),
        bleeds=(bleed,) if who.chance.random() < 0.6 else (),
    )


def moved(who: Person, shift_mm: float, turn_deg: float) -> Protocol:
    """The protocol with the head moving in 1 to 30 mm of slices of its middle half."""
    chance, count = who.chance, len(who.protocol.heights_mm)
    first = int(chance.integers(round(count / 4), round(3 * count / 4)))
    slices = 1 + int(chance.uniform(0, 30) / who.protocol.thickness_mm[first])
    turn = chance.uniform(0, 2 * np.pi)
    far = shift_mm * chance.uniform(0.8, 1.2)
    motion = Motion(
        first,
        min(first + slices - 1, count - 1),
        shift_mm=(float(far * np.cos(turn)), float(far * np.sin(turn))),
        turn_deg=float(chance.choice([-1, 1]) * turn_deg * chance.uniform(0.5, 1.2)),
        share=float(chance.uniform(0.2, 0.8)),
    )
    return replace(who.protocol, motions=(motion,))


def cut(sound: Volume) -> Iterator[tuple[str, Volume]]:
    """A scan with less of the head: measured from the brain's ends and sides."""
    skull = look(Opened(sound)).skull
    if isinstance(skull, Refusal):
        return
    shown = skull.grid.positions_mm[np.flatnonzero(skull.areas_cm2)]
    at_mm, count = sound.grid.positions_mm, len(sound.hu)
    for mm in (20, 40):
        end = int(np.searchsorted(at_mm, shown[-1] - mm))
        yield f"top cut by {mm} mm", Crop(slices=(0, end))(sound)
    for mm in (40, 60):
        start = int(np.searchsorted(at_mm, shown[0] + mm))
        yield f"base cut by {mm} mm", Crop(slices=(start, count))(sound)
    first = np.flatnonzero(skull.inside.any(axis=(0, 1)))[0] * skull.grid.spacing_mm[1]
    columns = sound.hu.shape[2]
    for name, mm in (("side cut at the brain", 0), ("side cut 20 mm inside", 20)):
        start = int((first + mm) / sound.grid.spacing_mm[1])
        yield name, Crop(columns=(start, columns))(sound)


def tell_faults(found: Sequence[tuple[str, Quality]]) -> None:
    """Each fault against sound heads: does its measure tell, and does the gate?"""
    print(f"{HEADS} digital heads, seeds from {FIRST_SEED}; 'any' is whether any rule speaks.")
    print(f"{'scan':<28}{'heads':>6}  {'measure':<11}{'median':>8}{'AUC':>8}{'found':>8}{'any':>8}")
    good = [quality for name, quality in found if name in SOUND]
    for name in dict.fromkeys([*SOUND, *SHOWS]):
        these = [quality for other, quality in found if other == name]
        if not these:
            continue
        refused = sum(bool(quality.reasons) for quality in these)
        line = f"{name:<28}{len(these):>6}  "
        if name in SHOWS:
            measure = SHOWS[name]
            ill, well = (values(group, measure) for group in (these, good))
            over = np.count_nonzero(ill > LIMITS[measure].at_most)
            line += f"{measure:<11}{np.median(ill):>8.2f}{auc(ill, well):>8.3f}"
            line += f"{f'{over}/{len(these)}':>8}"
        else:
            line += " " * 35
        print(f"{line}{f'{refused}/{len(these)}':>8}")
    print(f"\n{'measure':<11}{'limit':>8}{'sound, highest':>16}{'sound beyond':>14}")
    for measure, limit in LIMITS.items():
        well = values(good, measure)
        beyond = np.count_nonzero(well > limit.at_most)
        print(f"{measure:<11}{limit.at_most:>8g}{well.max():>16.2f}{f'{beyond}/{well.size}':>14}")


def values(found: Sequence[Quality], measure: str) -> NDArray[np.float64]:
    """A measure of some scans; a scan refused before it was measured is beyond any limit."""
    return np.array(
        [quality.measures.get(measure, 0.0 if quality.measures else np.inf) for quality in found]
    )


def real_cases() -> list[Case]:
    """The GE series and the patients of CT-ICH, through both windows."""
    cases = []
    if (DATA / "ge-head-ct").is_dir():
        cases.append(Case("GE", "1", DATA / "ge-head-ct"))
    for folder in sorted((DATA / "ct-ich" / "Patients_CT").glob("*")):
        brain, bone = (
            tuple(path for path in (folder / window).glob("*.jpg") if path.stem.isdigit())
            for window in ("brain", "bone")
        )
        pictures = (Pictures(brain, (40, 120)), Pictures(bone, (700, 3200)))
        cases.append(Case(folder.name, "1", folder, pictures=pictures))
    return cases


def judge_real(case: Case) -> tuple[str, Quality]:
    """What the gate says of a real scan."""
    return case.patient, assess(look(open_case(case)))


def tell_real(found: Sequence[tuple[str, Quality]]) -> None:
    """Who passes, and why the others do not."""
    passed = sum(not quality.reasons for _, quality in found)
    print(f"\nReal scans (GE series, CT-ICH 1.0.0 CC BY 4.0): {passed} of {len(found)} pass.")
    for name, quality in found:
        for reason in quality.reasons:
            print(f"  {name}: {reason}")
    for measure, limit in LIMITS.items():
        known = [q.measures[measure] for _, q in found if measure in q.measures]
        if known:
            at = np.percentile(known, [50, 95, 100])
            told = "".join(f"{value:>8.2f}" for value in at)
            print(f"  {measure:<11} limit {limit.at_most:<6g} median, 95 %, highest{told}")
