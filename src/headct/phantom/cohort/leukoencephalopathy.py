"""A cohort for leukoencephalopathy: two classes alike in all but their white matter."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headct.phantom.cohort.draws import draw_age, draw_numbers, draw_seed, draw_technique
from headct.phantom.cohort.plan import COPY, FLAWS, Patient, Wish

# The paper's cohort: 633 of 1244 patients have the disease.
DISEASED, ALL = 633, 1244
# "80-90 %" of both classes have atrophy.
_ATROPHIC_SHARE = 0.85
# How often each grade (van Swieten's sum, 1..4) is met among the diseased: assumed.
_GRADE_SHARES = (0.3, 0.3, 0.2, 0.2)
# What else an old brain shows, as often in both classes: assumed.
_LACUNE_SHARE, _LOOKALIKE_SHARE = 0.2, 0.3
_LOOKALIKES = (
    "arachnoid cyst",
    "calcified basal ganglia",
    "calcified choroid plexus",
    "calcified meningioma",
    "dense falx",
    "old infarct",
)
_OTHER_SHARES = {"localizer": 0.6, "coronal": 0.25, "sagittal": 0.2, "chest": 0.05, "neck": 0.05}
_SLOVAK_SHARE = 0.6
_FLAW_SHARE = 0.01  # of each kind, and at least one where there are enough patients
_FLAWED_FROM = 2 * len(FLAWS)


def plan_leukoencephalopathy(wish: Wish) -> tuple[Patient, ...]:
    """The patients of a cohort, in the order of their numbers.

    Disease is drawn last and on its own: age, atrophy, look-alikes, technique and what else is
    in the folder come from the same draws in both classes.
    """
    chance = np.random.default_rng([wish.seed, 1])
    is_diseased = _shuffled(wish.count, round(wish.count * DISEASED / ALL), chance)
    is_atrophic = np.zeros(wish.count, dtype=bool)
    for group in (is_diseased, ~is_diseased):
        size = int(group.sum())
        is_atrophic[group] = _shuffled(size, round(size * _ATROPHIC_SHARE), chance)
    grades = 1 + chance.choice(len(_GRADE_SHARES), wish.count, p=_GRADE_SHARES)
    patients = [
        replace(
            _plan_patient(number, bool(atrophic), np.random.default_rng([wish.seed, 2, index])),
            grade=int(grade) if diseased else 0,
        )
        for index, (number, atrophic, diseased, grade) in enumerate(
            zip(draw_numbers(wish.count, chance), is_atrophic, is_diseased, grades, strict=True)
        )
    ]
    if wish.flaws:
        _plant_flaws(patients, chance)
    return tuple(sorted(patients, key=lambda patient: patient.number))


def _shuffled(count: int, chosen: int, chance: np.random.Generator) -> NDArray[np.bool_]:
    return chance.permutation(np.arange(count) < chosen)


def _plan_patient(number: str, is_atrophic: bool, chance: np.random.Generator) -> Patient:
    age_years, atrophy = draw_age(is_atrophic, chance)
    has_lacunes, lacunes = chance.random() < _LACUNE_SHARE, int(chance.integers(1, 4))
    has_lookalike = chance.random() < _LOOKALIKE_SHARE
    lookalike = _LOOKALIKES[int(chance.integers(len(_LOOKALIKES)))]
    return Patient(
        number=number,
        head_seed=draw_seed(chance),
        seed=draw_seed(chance),
        age_years=age_years,
        atrophy=atrophy,
        technique=draw_technique(chance),
        lacunes=lacunes if has_lacunes else 0,
        lookalike=lookalike if has_lookalike else "",
        others=tuple(name for name, share in _OTHER_SHARES.items() if chance.random() < share),
        language="sk" if chance.random() < _SLOVAK_SHARE else "en",
    )


def _plant_flaws(patients: list[Patient], chance: np.random.Generator) -> None:
    """Give some patients a flaw, in place; no patient two, and no copy of a flawed one."""
    if len(patients) < _FLAWED_FROM:
        raise ValueError(f"flaws need {_FLAWED_FROM} patients or more, got {len(patients)}")
    each = max(1, round(_FLAW_SHARE * len(patients)))
    order = [int(index) for index in chance.permutation(len(patients))]
    for flaw in FLAWS:
        for index in (order.pop() for _ in range(each)):
            patients[index] = replace(patients[index], flaw=flaw)
    for index, patient in enumerate(patients):
        if patient.flaw == COPY:
            # Of the same class, so that the counts of the classes stay.
            alike = next(i for i in order if (patients[i].grade > 0) == (patient.grade > 0))
            order.remove(alike)
            original = patients[alike]
            patients[index] = replace(
                original, number=patient.number, flaw=COPY, original=original.number
            )
