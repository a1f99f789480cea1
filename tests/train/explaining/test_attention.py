import numpy as np
import pandas as pd
import pytest

from headct.core.grid import Grid
from headct.core.volume import Heatmap
from headct.train.explaining.attention import (
    WITH,
    WITHOUT,
    Attention,
    Share,
    means_of,
    shares_of,
)

GRID = Grid.regular((1, 2, 4), (5.0, 1.0, 1.0))


def heatmap(*rows: list[float]) -> Heatmap:
    return Heatmap(np.array([rows], np.float32), GRID, 3.0)


def region(*rows: list[int]) -> np.ndarray:
    return np.array([rows], bool)


def row(patient: str, heat: float, *, truth: bool | None = True, number: int = 1) -> Attention:
    shares = {"ventricles": Share(heat, 0.2), "rim": Share(1 - heat, 0.8)}
    return Attention(number, patient, "1", "subdural", truth, 0.9, 1.0, shares)


def test_a_region_has_the_share_of_heat_that_lies_in_it():
    found = shares_of(
        heatmap([1.0, 0.5, 0.0, 0.0], [0.25, 0.25, 0.0, 0.0]),
        {
            "lesion": region([1, 0, 0, 0], [0, 0, 0, 0]),
            "rim": region([0, 1, 0, 0], [1, 1, 1, 1]),
            "rest": region([0, 0, 1, 1], [0, 0, 0, 0]),
        },
    )

    assert found == {"lesion": Share(0.5, 1 / 8), "rim": Share(0.5, 5 / 8), "rest": Share(0, 2 / 8)}


def test_a_network_that_looks_everywhere_alike_has_the_pixels_share():
    found = shares_of(
        heatmap([0.5] * 4, [0.5] * 4),
        {"rim": region([1, 1, 1, 0], [0] * 4), "rest": region([0, 0, 0, 1], [1] * 4)},
    )

    assert found["rim"].heat == found["rim"].area == 3 / 8


def test_a_heatmap_of_nothing_has_no_shares_and_a_region_of_nothing_is_left_out():
    some = {"rim": region([1] * 4, [1] * 4), "lesion": region([0] * 4, [0] * 4)}

    assert shares_of(heatmap([0.0] * 4, [0.0] * 4), some) == {}
    assert set(shares_of(heatmap([1.0] * 4, [0.0] * 4), some)) == {"rim"}


def test_means_are_of_patients_and_not_of_studies():
    rows = [row("a", 0.9), row("a", 0.7), row("b", 0.2), row("c", 0.4)]
    rows += [row("d", 0.1, truth=False), row("e", 0.3, truth=False)]

    means = means_of(rows)

    studies = pd.DataFrame(
        [(one.truth, one.patient, one.shares["ventricles"].heat) for one in rows],
        columns=["truth", "patient", "heat"],
    )
    patients = studies.groupby(["truth", "patient"])["heat"].mean().groupby("truth").mean()
    found = {mean.group: mean for mean in means if mean.region == "ventricles"}
    assert found[WITH].heat.value == pytest.approx(patients[True])
    assert found[WITHOUT].heat.value == pytest.approx(patients[False])
    assert found[WITH].times.value == pytest.approx(patients[True] / 0.2)
    assert [found[WITH].patients, found[WITHOUT].patients] == [3, 2]


def test_intervals_draw_patients_anew():
    chance = np.random.default_rng(0)
    heats = chance.uniform(0.3, 0.7, 60)

    (mean,) = (
        one
        for one in means_of([row(str(place), heat) for place, heat in enumerate(heats)])
        if one.region == "ventricles"
    )

    # Of so many patients, near those of the normal distribution.
    reach = 1.96 * heats.std(ddof=1) / np.sqrt(60)
    assert mean.heat.low == pytest.approx(heats.mean() - reach, abs=0.2 * reach)
    assert mean.heat.high == pytest.approx(heats.mean() + reach, abs=0.2 * reach)
    assert mean.times.low == pytest.approx(mean.heat.low / 0.2)


def test_one_patient_has_no_interval_and_one_without_shares_does_not_count():
    empty = Attention(2, "b", "1", "subdural", True, 0.1, 0.0, {}, told="heatmap: nothing")

    means = means_of([row("a", 0.5), empty])

    assert {mean.patients for mean in means} == {1}
    assert {mean.heat.low for mean in means} == {None}
