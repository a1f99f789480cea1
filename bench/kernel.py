"""The kernel of the hemorrhage pipeline, chosen on training patients of CT-ICH: every candidate."""

import os
from pathlib import Path

from headct.cohort.fitting.kernel import fit_kernel
from headct.cohort.open import open_cohort
from headct.cohort.splitting.by_patient import holdout
from headct.cohort.splitting.training import training
from headct.image.pipelines import PIPELINES

DATA = Path(os.environ.get("HEADCT_DATA", Path(__file__).parents[2] / "shared" / "data")) / "ct-ich"


def main() -> None:
    """Print the table."""
    if not DATA.is_dir():
        print(f"(CT-ICH is not at {DATA}: left out; name its parent folder in HEADCT_DATA)")
        return
    cohort = open_cohort(DATA).cohort
    split = holdout(cohort, seed=1)
    workers = os.cpu_count() or 1
    found = fit_kernel(PIPELINES["ich"], training(split, cohort), workers=workers)
    print(f"CT-ICH 1.0.0, CC BY 4.0; {split}.")
    print(f"AUC by {found.by} of {found.studies} training studies, by contrast; pixels of 0.35 mm")
    print("are assumed, as the pictures do not tell.")
    for one in found.candidates:
        name = f"{one.sigma_mm:g} mm" if one.sigma_mm else "none"
        error = "" if one.error is None else f" ± {one.error:.3f}"
        chosen = "  chosen" if one.sigma_mm == found.sigma_mm else ""
        print(f"  {name:<10}{one.auc:.3f}{error}{chosen}")
