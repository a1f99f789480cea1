"""Probabilities and truth of patients with several rows, who are alike within."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import expit


@dataclass(frozen=True, eq=False)
class Rows:
    truth: np.ndarray
    said: np.ndarray
    patients: np.ndarray


@pytest.fixture
def rows() -> Callable[..., Rows]:
    """(patients, seed, slope): log odds that come true with this slope."""

    def draw(patients: int, seed: int = 0, slope: float = 1.0, shift: float = 0.0) -> Rows:
        chance = np.random.default_rng(seed)
        whose = np.repeat(np.arange(patients), chance.integers(2, 9, patients))
        odds = chance.normal(-0.5, 1, patients)[whose] + chance.normal(0, 1, len(whose))
        own = chance.normal(0, 0.8, patients)[whose]  # what rows of a patient share beyond
        truth = chance.random(len(whose)) < expit(slope * odds + shift + own)
        return Rows(truth, expit(odds), whose)

    return draw
