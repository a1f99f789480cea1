"""mL of bleeds in digital heads: a U-Net, the classical finder, and ABC/2, against the truth.

The U-Net learns from masks of other heads. ABC/2 is what the bedside formula makes of the true
outline, and of the U-Net's own: the first is a reader who draws without a mistake, so its error is
the formula's alone. Every figure is of test patients.
"""

import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from bench.study import Facts, Study, facts_of, make, write_rows
from headct import api
from headct.cohort.images import open_case
from headct.cohort.open import open_cohort
from headct.cohort.splitting.file import read_split
from headct.cohort.splitting.rounds import TEST
from headct.core.case import Case
from headct.core.errors import Refusal
from headct.core.finding import Finding
from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES
from headct.core.volume import Mask, Volume
from headct.image.formats.nifti import read_nifti_mask
from headct.measure.evaluate.measurement import Measurement
from headct.measure.volume.abc2 import abc2_ml
from headct.measure.volume.bland_altman import UNITS
from headct.measure.volume.compared import VolumeComparison
from headct.predict.bundle.bundle import open_bundle
from headct.predict.classical import find_in
from headct.predict.infer import Runner

STUDY = Study(
    name="bleed-volume",
    task="hemorrhage_volume",
    cohort="hemorrhage",
    pipeline="windows",
    patients=200,
    shares=(52, 8, 40),
    network="unet:8",
    plan={"epochs": 10, "steps": 80, "batch_size": 16, "precision": "bf16-mixed"},
)
NETWORK, FINDER, OUTLINE = "U-Net", "classical finder", "ABC/2 of the U-Net's outline"
ML = f"{ANY_HEMORRHAGE}_ml"


def main(study: Study = STUDY) -> None:
    """Print all tables."""
    if find_spec("torch") is None:
        print("(left out: needs PyTorch, pip install 'headct[train]')")
        return
    make(study)
    found = measured(study)
    print(f"{study.patients} heads, matrix {study.matrix}; {study.network} on {study.pipeline}.")
    print(f"{found.patients} test patients. In {study.folder}.")
    tell(found)


def measured(study: Study) -> Measurement:
    """Volumes of each way, by ``headct measure``."""
    said, true = study.folder / "said.csv", study.folder / "true.csv"
    if not true.exists():
        test = set(read_split(study.folder / "split.json").round().parts[TEST])
        cases = [c for c in open_cohort(study.heads / "masks").cohort.cases if c.patient in test]
        facts = facts_of(study)
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            rows = list(pool.map(partial(volumes, study.bundle, facts), cases))
        write_rows(said, [row for some, _ in rows for row in some])
        write_rows(true, [row for _, row in rows])
    out = study.folder / "measured"
    shutil.rmtree(out, ignore_errors=True)
    return api.measure(said, true, out)


def volumes(bundle: Path, facts: dict[str, Facts], case: Case) -> tuple[list[Facts], Facts]:
    """What each way says of a scan, and what is true of it."""
    volume = open_case(case).volume
    network = _any(Runner(open_bundle(bundle, threads=1))(volume).findings)
    who = {"patient": case.patient, "study": case.study}
    ways = {NETWORK: network.volume_ml, FINDER: found_ml(volume), OUTLINE: network.abc2_ml}
    said = [{**who, "model": model, ML: f"{ml or 0.0:.4f}"} for model, ml in ways.items()]
    true_ml = sum(float(facts[case.patient][f"{name}_ml"]) for name in HEMORRHAGE_SUBTYPES)
    return said, {**who, ML: f"{true_ml:.4f}", "abc2_ml": f"{_outline_ml(case):.4f}"}


def found_ml(volume: Volume) -> float:
    """What the classical finder counts; 0 in a scan in which it finds no skull."""
    found = find_in(volume)
    return 0.0 if isinstance(found, Refusal) else found.findings[0].volume_ml or 0.0


def _any(findings: tuple[Finding, ...]) -> Finding:
    return next(finding for finding in findings if finding.label == ANY_HEMORRHAGE)


def _outline_ml(case: Case) -> float:
    """ABC/2 of the true outline: bleeds of all subtypes, part by part."""
    if case.mask is None:
        raise ValueError("a head of this cohort has no mask")
    drawn = read_nifti_mask(case.mask, case.mask_names)
    whole = Mask((drawn.labels > 0).astype("uint8"), drawn.grid, (ANY_HEMORRHAGE,))
    return abc2_ml(whole, ANY_HEMORRHAGE)


def tell(found: Measurement) -> None:
    """Agreement of each way with the truth; ABC/2 of the true outline beside it."""
    for system in found.systems:
        (result,) = system.volumes
        print(f"\n{system.name}: {len(result.compared.pairs)} scans")
        tell_agreement(result.compared)
    print("\nmean absolute error, mL, by true mL; beside it ABC/2 of the true outline")
    for system in found.systems:
        print(f"  {system.name}")
        for row in system.volumes[0].compared.abc2:
            own, other = row.predicted["mae_ml"], row.abc2["mae_ml"]
            print(f"    {row.size.name:<20}{row.rows:>4}   {own!s:<28}{other}")


def tell_agreement(compared: VolumeComparison) -> None:
    """Bland-Altman in mL and as a ratio, concordance, and errors."""
    for form in ("absolute", "log"):
        agreement = compared.agreement[form]
        print(f"  bias, {UNITS[form]:<20}{agreement.bias}")
        print(f"    limits of agreement     {agreement.lower}, {agreement.upper}")
        print(f"    {agreement.note}".rstrip())
    for name, value in {**compared.concordance, **compared.errors}.items():
        print(f"  {name:<26}{value}")
