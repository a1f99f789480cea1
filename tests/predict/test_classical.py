from dataclasses import replace

import numpy as np
import pytest

from headct.core.finding import Prediction
from headct.core.volume import Volume
from headct.dicom.scan import scan
from headct.dicom.select import select
from headct.dicom.stack import stack
from headct.image.geometry import Reorient
from headct.image.head import Intracranial, intracranial
from headct.image.slabs import to_slabs
from headct.predict.classical import SLAB_MM, find


def predict(volume: Volume) -> Prediction:
    slabs = to_slabs(Reorient()(volume), SLAB_MM)
    skull = intracranial(slabs)
    assert isinstance(skull, Intracranial)
    return find(slabs, skull, volume.grid)


@pytest.fixture(scope="module")
def predicted(bleeding) -> Prediction:
    return predict(bleeding.volume)


def test_a_bleed_is_found_with_its_volume_on_a_tilted_scan_of_mixed_distances(predicted):
    finding = predicted.finding("any_hemorrhage")

    assert finding.present
    assert finding.volume_ml == pytest.approx(30.0, rel=0.15)
    assert finding.probability is None


def test_it_is_found_where_it_is(bleeding, predicted):
    true, marked = bleeding.truth.labels > 0, predicted.mask.labels > 0

    assert 2 * np.count_nonzero(true & marked) / (true.sum() + marked.sum()) > 0.85
    assert predicted.finding("any_hemorrhage").slices == tuple(np.flatnonzero(marked.any((1, 2))))


def test_a_head_without_blood_has_none(healthy):
    finding = predict(healthy.volume).finding("any_hemorrhage")

    assert finding.present is False
    assert (finding.volume_ml, finding.slices, finding.score) == (0.0, (), 0.0)


def test_slices_stored_from_the_head_down_give_the_same_answer(bleeding, predicted):
    grid = bleeding.volume.grid
    turned = replace(
        bleeding.volume,
        hu=np.ascontiguousarray(bleeding.volume.hu[::-1, :, ::-1]),
        grid=replace(
            grid,
            origins_mm=grid.to_world([[i, 0, grid.shape[2] - 1] for i in range(grid.shape[0])])[
                ::-1
            ],
            column_axis=-grid.column_axis,
        ),
    )

    again = predict(turned)

    assert again.finding("any_hemorrhage").volume_ml == pytest.approx(
        predicted.finding("any_hemorrhage").volume_ml, rel=1e-6
    )
    assert np.array_equal(again.mask.labels[::-1, :, ::-1], predicted.mask.labels)


def test_without_spacing_there_is_a_finding_and_no_millilitres(bleeding):
    unmeasured = replace(bleeding.volume, grid=replace(bleeding.volume.grid, is_measured=False))

    finding = predict(unmeasured).finding("any_hemorrhage")

    assert finding.present
    assert finding.volume_ml is None
    assert finding.score > finding.threshold


def test_thin_slices_are_named_by_their_own_numbers(healthy):
    grid = healthy.volume.grid
    fine = np.repeat(healthy.volume.hu, 4, axis=0)
    quarter = np.array([-3, -1, 1, 3]) / 8 * 5.0
    origins = (grid.origins_mm[:, None] + quarter[None, :, None] * grid.normal).reshape(-1, 3)
    thin = Volume(fine, replace(grid, shape=fine.shape, origins_mm=origins, thickness_mm=1.25))
    clot = thin.hu.copy()
    middle = slice(60, 72)
    inside = np.flatnonzero((clot[66, 128] > 0) & (clot[66, 128] < 60))
    rows, columns = np.mgrid[:256, :256]
    ball = np.hypot(rows - 128, columns - inside[len(inside) // 4]) < 12
    clot[middle, ball] = 70

    prediction = predict(replace(thin, hu=clot))

    slices = prediction.finding("any_hemorrhage").slices
    assert 55 <= slices[0] <= 60
    assert 71 <= slices[-1] <= 76


def test_the_real_series_without_a_bleed_has_less_than_a_millilitre(ge_series):
    volume = stack(select(scan(ge_series).studies[0]).candidates[0])

    assert predict(volume).finding("any_hemorrhage").volume_ml < 1.0
