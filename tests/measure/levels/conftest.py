"""Slices of studies of patients, with scores and truth of which some are missing."""

from collections.abc import Callable

import numpy as np
import pytest

from headct.core.labels import EPIDURAL, SUBDURAL
from headct.measure.outcomes import UNKNOWN, Level, Outcomes


@pytest.fixture
def slices() -> Callable[..., Outcomes]:
    """One label, written out: (patient, study, score, truth) of each slice."""

    def make(*rows: tuple[int, int, float | None, int], **groups: list[str]) -> Outcomes:
        patients, studies, scores, truth = zip(*rows, strict=True)
        return Outcomes(
            level=Level.SLICE,
            labels=(SUBDURAL,),
            names=np.array(
                [(f"p{p}", f"s{s}", f"i{i}") for i, (p, s, *_) in enumerate(rows)], object
            ),
            patients=np.array(patients),
            studies=np.array(studies),
            scores=np.array([np.nan if s is None else s for s in scores])[:, None],
            truth=np.array(truth, np.int8)[:, None],
            groups={name: np.array(values, object) for name, values in groups.items()},
        )

    return make


@pytest.fixture
def cohort() -> Callable[..., Outcomes]:
    """Many slices of two labels in any order: tied scores, a tenth of scores and truth missing."""

    def draw(
        patients: int, seed: int = 0, missing: float = 0.1, one_study: bool = False
    ) -> Outcomes:
        chance = np.random.default_rng(seed)
        each = np.ones(patients, int) if one_study else chance.integers(1, 4, patients)
        whose = np.repeat(np.arange(patients), each)
        study = np.repeat(np.arange(len(whose)), chance.integers(1, 30, len(whose)))
        study = chance.permutation(study)
        many = len(study)
        ill = chance.random((len(whose), 2)) < 0.4
        truth = (ill[study] & (chance.random((many, 2)) < 0.4)).astype(np.int8)
        scores = np.round(chance.beta(0.5 + 1.5 * truth, 2 - truth), 2)
        truth[chance.random((many, 2)) < missing / 10] = UNKNOWN
        scores[chance.random((many, 2)) < missing] = np.nan
        return Outcomes(
            level=Level.SLICE,
            labels=(EPIDURAL, SUBDURAL),
            names=np.array([(f"p{whose[s]}", f"s{s}", f"i{i}") for i, s in enumerate(study)]),
            patients=whose[study],
            studies=study,
            scores=scores,
            truth=truth,
        )

    return draw
