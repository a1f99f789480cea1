"""The classical finder's mL against the truth of phantoms."""

import os
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

from bench.phantoms import PROTOCOLS, volumes_ml
from headct.core.errors import Refusal
from headct.core.labels import HEMORRHAGE_SUBTYPES
from headct.image.geometry import Reorient
from headct.phantom.body.anatomy import head
from headct.phantom.body.traits import follow_tilt
from headct.phantom.lesions.bleed import bleed
from headct.phantom.scanner.scan import scan_head
from headct.predict.classical import find_in

HEADS_EACH = 40
LEAST_ML, MOST_ML = 5.0, 80.0
FIRST_SEED = 20_000  # tests and tuning use seeds below


def main() -> None:
    """Relative errors by subtype."""
    print(f"Phantoms of {LEAST_ML:g} to {MOST_ML:g} mL, scans as in section volume, in turn.")
    print(f"{'bleed':<18}{'heads':>6}{'missed':>8}{'median |error|':>16}{'95 % of found/true':>22}")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for label in HEMORRHAGE_SUBTYPES:
            sizes = volumes_ml(HEADS_EACH, LEAST_ML, MOST_ML, seed=7)
            names = list(islice(cycle(PROTOCOLS), HEADS_EACH))
            seeds = range(FIRST_SEED, FIRST_SEED + HEADS_EACH)
            found = pool.map(found_ml, [label] * HEADS_EACH, sizes, names, seeds)
            ratios = [f / v for f, v in zip(found, sizes, strict=True) if f is not None]
            tell(label, np.array(ratios))


def tell(what: str, ratios: NDArray[np.float64]) -> None:
    """Print one line about volumes found over true ones."""
    low, high = np.percentile(ratios[ratios > 0], [2.5, 97.5])
    print(
        f"{what:<18}{ratios.size:>6}{np.count_nonzero(ratios == 0):>8}"
        f"{np.median(np.abs(ratios - 1)):>16.1%}{f'{low:.2f} to {high:.2f}':>22}",
        flush=True,
    )


def found_ml(label: str, volume_ml: float, protocol: str, seed: int) -> float | None:
    """What the finder says of one phantom; None where the bleed does not fit into its head."""
    drawn = head(seed, ranges=follow_tilt(PROTOCOLS[protocol].tilt_deg))
    try:
        lesion = bleed(drawn, label, volume_ml, seed)
        volume = scan_head(drawn, [lesion], PROTOCOLS[protocol], seed).volume
    except ValueError:
        return None
    found = find_in(Reorient()(volume))
    return 0.0 if isinstance(found, Refusal) else found.findings[0].volume_ml
