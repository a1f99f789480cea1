"""A cohort for hemorrhage: which patients bleed, where, and how much."""

from math import ceil

import numpy as np

from headct.core.labels import (
    EPIDURAL,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.phantom.cohort.draws import draw_age, draw_numbers, draw_seed, draw_technique
from headct.phantom.cohort.plan import CQ500, Patient, Wish
from headct.phantom.lesions.disease import Hemorrhage

# Two of five examinations bleed, near what the sets of RSNA and CQ500 hold. How often each
# subtype leads, and how large it is, are assumptions; rare epidural bleeds are made less rare,
# so that small cohorts hold some.
BLEEDING_SHARE = 0.4
_LEADS = {
    INTRAPARENCHYMAL: 0.36,
    SUBDURAL: 0.28,
    SUBARACHNOID: 0.22,
    EPIDURAL: 0.14,
}
_VOLUMES_ML = {
    EPIDURAL: (5.0, 70.0),
    INTRAPARENCHYMAL: (1.0, 70.0),
    INTRAVENTRICULAR: (1.0, 12.0),
    SUBARACHNOID: (2.0, 20.0),
    SUBDURAL: (5.0, 90.0),
}
# What follows a leading bleed, and how often: blood breaks into the ventricles, a fall bruises.
_FOLLOWERS = {
    INTRAPARENCHYMAL: ((INTRAVENTRICULAR, 0.4),),
    SUBDURAL: ((SUBARACHNOID, 0.25),),
    SUBARACHNOID: ((INTRAVENTRICULAR, 0.3),),
    EPIDURAL: ((SUBDURAL, 0.15),),
}
# A subdural bleed may be weeks old; the others are taken as fresh.
_OLD_SHARE, _OLD_DAYS = 0.35, (4.0, 45.0)
_FRACTURED_SHARE = {EPIDURAL: 0.7, SUBDURAL: 0.15}
# How bleeds look when not simply a clot; as often as None stands among them, they are one.
_FORMS: dict[str, tuple[str | None, ...]] = {
    EPIDURAL: (None, None, None, "mixed"),
    INTRAPARENCHYMAL: (None, None, None, "satellites", "satellites", "fluid level"),
    INTRAVENTRICULAR: (None, None, "layering", "cast"),
    SUBARACHNOID: (None,),
    SUBDURAL: (None, None, None, "mixed"),
}
_ATROPHIC_SHARE = 0.5
_LOOKALIKE_SHARE = 0.3
_LOOKALIKES = (
    "acute infarct",
    "aneurysm clip",
    "arachnoid cyst",
    "calcified basal ganglia",
    "calcified choroid plexus",
    "calcified meningioma",
    "craniotomy",
    "dense falx",
    "hyperdense sinus",
    "old infarct",
    "tumour",
)


def plan_hemorrhage(wish: Wish) -> tuple[Patient, ...]:
    """The patients of a cohort; two of five bleed, rounded up."""
    chance = np.random.default_rng([wish.seed, 3])
    bleeding = chance.permutation(np.arange(wish.count) < ceil(BLEEDING_SHARE * wish.count))
    numbers = draw_numbers(wish.count, chance)
    if wish.layout == CQ500:
        numbers = [str(index) for index in range(wish.count)]
    return tuple(
        _plan_patient(number, bool(bleeds), np.random.default_rng([wish.seed, 4, index]))
        for index, (number, bleeds) in enumerate(zip(numbers, bleeding, strict=True))
    )


def _plan_patient(number: str, is_bleeding: bool, chance: np.random.Generator) -> Patient:
    age_years, atrophy = draw_age(bool(chance.random() < _ATROPHIC_SHARE), chance)
    bleeds = _draw_bleeds(chance)
    fracture_share = _FRACTURED_SHARE.get(bleeds[0].label, 0.0)
    if not is_bleeding:
        bleeds, fracture_share = (), 0.0
    has_lookalike = chance.random() < _LOOKALIKE_SHARE
    lookalike = _LOOKALIKES[int(chance.integers(len(_LOOKALIKES)))]
    return Patient(
        number=number,
        head_seed=draw_seed(chance),
        seed=draw_seed(chance),
        age_years=age_years,
        atrophy=atrophy,
        # Masks are wanted as NIfTI, which holds one slice distance alone.
        technique=draw_technique(chance, must_be_even=True),
        lookalike=lookalike if has_lookalike else "",
        bleeds=bleeds,
        is_fractured=bool(chance.random() < fracture_share),
    )


def _draw_bleeds(chance: np.random.Generator) -> tuple[Hemorrhage, ...]:
    lead = list(_LEADS)[int(chance.choice(len(_LEADS), p=list(_LEADS.values())))]
    labels = [lead] + [name for name, share in _FOLLOWERS[lead] if chance.random() < share]
    is_old = lead == SUBDURAL and chance.random() < _OLD_SHARE
    age_days = round(float(chance.uniform(*_OLD_DAYS)), 1) if is_old else 0.0
    bleeds = []
    for label in labels:
        # Small bleeds are more frequent than large ones: even on a scale of ratios.
        volume_ml = float(np.exp(chance.uniform(*np.log(_VOLUMES_ML[label]))))
        form = _FORMS[label][int(chance.integers(len(_FORMS[label])))]
        is_oldest = is_old and label == lead
        bleeds.append(
            Hemorrhage(
                label,
                round(volume_ml, 2),
                age_days if is_oldest else 0.0,
                None if is_oldest else form,
            )
        )
    return tuple(bleeds)
