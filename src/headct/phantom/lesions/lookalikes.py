"""Findings that look like disease and must not count: painted, never part of the truth."""

from collections.abc import Callable, Mapping

import numpy as np

from headct.phantom.body.anatomy import Head
from headct.phantom.lesions.bleed import Lesion
from headct.phantom.lesions.changes import Change, make_lesion
from headct.phantom.lesions.dense import (
    calcify_ganglia,
    calcify_pineal,
    calcify_plexus,
    clot_sinus,
    grow_meningioma,
    thicken_falx,
)
from headct.phantom.lesions.hollows import grow_tumour, hold_cyst, leave_infarct, swell_infarct
from headct.phantom.lesions.surgery import clip_aneurysm, coil_aneurysm, implant_cochlea, open_skull

LOOKALIKES: Mapping[str, Callable[[Head, np.random.Generator], Change]] = {
    "acute infarct": swell_infarct,
    "aneurysm clip": clip_aneurysm,
    "aneurysm coil": coil_aneurysm,
    "arachnoid cyst": hold_cyst,
    "calcified basal ganglia": calcify_ganglia,
    "calcified choroid plexus": calcify_plexus,
    "calcified meningioma": grow_meningioma,
    "calcified pineal gland": calcify_pineal,
    "cochlear implant": implant_cochlea,
    "craniotomy": open_skull,
    "dense falx": thicken_falx,
    "hyperdense sinus": clot_sinus,
    "old infarct": leave_infarct,
    "tumour": grow_tumour,
}


def lookalike(head: Head, name: str, seed: int) -> Lesion:
    """Put a look-alike into a head; its name is the lesion's label, and no label of truth.

    Args:
        head: to change.
        name: one of ``LOOKALIKES``.
        seed: draws side, site, size, shape and HU.

    Raises:
        ValueError: an unknown name, or no room for it in this head at this seed.
    """
    if name not in LOOKALIKES:
        raise ValueError(f"expected a look-alike of {', '.join(LOOKALIKES)}, got {name!r}")
    chance = np.random.default_rng([seed, 94])
    return make_lesion(name, LOOKALIKES[name](head, chance), seed)
