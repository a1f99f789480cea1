from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage
from scipy.special import expit
from tests import toy_bundle as toy

from headct.core.errors import BundleError, ScanError
from headct.core.finding import Prediction
from headct.core.grid import Grid
from headct.core.labels import ANY_HEMORRHAGE, EPIDURAL, SUBDURAL
from headct.core.volume import Mask, Volume
from headct.image.encoders import Gray, Windows
from headct.image.geometry import Resample, Reshape, Square
from headct.image.intensity import Rescale
from headct.image.pipeline import Pipeline
from headct.measure.curves.operating import OperatingPoint
from headct.predict.beside import Beside
from headct.predict.bundle.bundle import Bundle, write_bundle
from headct.predict.bundle.manifest import Threshold
from headct.predict.classical import find_in
from headct.predict.infer import Runner

HU = np.array([20.0, 40.0, 51.0, 60.0, 30.0])
"""Of uniform slices: the toy network's score passes 0.5 at 50 HU."""


def opened(tmp_path, **changes: object) -> Bundle:
    return write_bundle(tmp_path / "toy.headct", toy.changed(**changes))


def uniform(hu: np.ndarray = HU, *, slice_mm: float = 5.0) -> Volume:
    grid = Grid.regular((len(hu), toy.SIDE, toy.SIDE), (slice_mm, 3.0, 3.0))
    values = np.broadcast_to(hu[:, None, None], grid.shape).astype(np.float32)
    return Volume(values, grid)


def logits(hu: np.ndarray) -> np.ndarray:
    """Of uniform slices, held in bytes as a store holds them."""
    return toy.GAIN * (np.rint(hu * 2.55) / 255 - toy.OFFSET)


def test_slice_scores_are_the_logistic_of_what_the_graph_gives(tmp_path):
    seen = Runner(opened(tmp_path)).see(uniform())

    np.testing.assert_allclose(seen.scores[:, 0], expit(logits(HU)), atol=1e-5)


def test_slices_are_scored_with_their_share_of_neighbours(tmp_path):
    seen = Runner(opened(tmp_path, neighbours=0.25)).see(uniform())

    averaged = ndimage.convolve1d(logits(HU), [0.25, 0.5, 0.25], mode="nearest")
    np.testing.assert_allclose(seen.scores[:, 0], expit(averaged), atol=1e-5)


def test_the_patient_is_as_the_task_gathers_slices(tmp_path):
    by_vote = replace(toy.TASK, aggregation="vote:2@0.5")

    finding = Runner(opened(tmp_path, task=by_vote))(uniform()).finding(ANY_HEMORRHAGE)

    # The second highest slice has 51 HU.
    assert finding.score == pytest.approx(float(expit(logits(np.array([51.0]))[0])), abs=1e-5)
    assert finding.present is True
    assert "vote:2@0.5" in finding.score_kind


def test_probabilities_are_calibrated_scores_by_slice_and_by_patient(tmp_path):
    runner = Runner(opened(tmp_path))

    finding = runner(uniform()).finding(ANY_HEMORRHAGE)
    by_slice = runner.see(uniform()).probability(ANY_HEMORRHAGE, "slice")

    # Temperature 2 of the patient; of slices straight from (0.1, 0) to (0.9, 1).
    assert finding.probability == pytest.approx(float(expit(logits(HU).max() / 2)), abs=1e-5)
    expected = np.clip((expit(logits(HU)) - 0.1) / 0.8, 0, 1)
    np.testing.assert_allclose(by_slice, expected, atol=1e-5)


def test_without_calibration_there_is_a_score_and_no_probability(tmp_path):
    finding = Runner(opened(tmp_path, calibrations=()))(uniform()).finding(ANY_HEMORRHAGE)

    assert finding.probability is None
    assert finding.score == pytest.approx(float(expit(logits(HU).max())), abs=1e-5)


def test_slices_are_those_that_reach_their_own_threshold(tmp_path):
    finding = Runner(opened(tmp_path))(uniform()).finding(ANY_HEMORRHAGE)

    assert finding.slices == (2, 3)
    assert finding.evidence[0].startswith("highest on slice 4: a score of 0.8")


@pytest.mark.parametrize(
    ("thresholds", "told"),
    [
        ((), "holds no threshold"),
        (
            (
                Threshold(
                    ANY_HEMORRHAGE,
                    "patient",
                    OperatingPoint(None, "youden", "fold 1", "no positives"),
                ),
            ),
            "not decided: no positives",
        ),
    ],
)
def test_without_a_threshold_nothing_is_decided(tmp_path, thresholds, told):
    finding = Runner(opened(tmp_path, thresholds=thresholds))(uniform()).finding(ANY_HEMORRHAGE)

    assert finding.present is None
    assert finding.slices == ()
    assert told in finding.evidence[1]


def test_what_a_reader_must_know_of_a_threshold_is_told(tmp_path):
    point = OperatingPoint(0.5, "youden", "fold 1", "3 patients with it: little more than chance")

    threshold = Threshold(ANY_HEMORRHAGE, "patient", point)
    finding = Runner(opened(tmp_path, thresholds=(threshold,)))(uniform()).finding(ANY_HEMORRHAGE)

    assert finding.evidence[1].endswith("(3 patients with it: little more than chance)")


def test_batches_change_nothing(tmp_path):
    bundle = opened(tmp_path)

    one, all_at_once = (Runner(bundle, count).see(uniform()) for count in (1, 16))

    for meaning, values in all_at_once.outputs.items():
        np.testing.assert_array_equal(one.outputs[meaning], values)


def test_the_mask_lies_on_the_scan_and_is_measured_there(tmp_path):
    # The scan is twice as fine as the frames; 24 x 40 of its pixels are bright, on two slices.
    grid = Grid.regular((5, 2 * toy.SIDE, 2 * toy.SIDE), (5.0, 1.5, 1.5))
    hu = np.zeros(grid.shape, np.float32)
    hu[1:3, 32:56, 48:88] = 100.0

    prediction = Runner(opened(tmp_path))(Volume(hu, grid))

    assert prediction.mask.grid == grid
    finding = prediction.finding(ANY_HEMORRHAGE)
    # Only corners are rounded: of 24 x 40 pixels, each corner loses less than 4 x 4.
    true_ml = 2 * 24 * 40 * 1.5 * 1.5 * 5.0 / 1000
    assert finding.volume_ml == pytest.approx(true_ml, rel=0.04)
    assert prediction.mask.labels[1:3, 36:52, 52:84].all()
    assert not prediction.mask.labels[[0, 3, 4]].any()


def test_masks_that_a_task_only_learns_from_are_no_outlines(tmp_path):
    task = replace(toy.TASK, has_volume=False)

    prediction = Runner(opened(tmp_path, task=task))(uniform())

    assert prediction.finding(ANY_HEMORRHAGE).volume_ml is None
    assert prediction.mask is None


def test_a_graph_that_draws_nothing_gives_labels_alone(tmp_path):
    made = toy.changed(task=replace(toy.TASK, has_volume=False))
    graph = replace(made.manifest.graph, outputs=toy.OUTPUTS[:1])
    test = replace(made.selftest, expected={"label_logits": made.selftest.expected["label_logits"]})
    manifest = replace(made.manifest, graph=graph)
    bundle = write_bundle(tmp_path / "t.headct", replace(made, manifest=manifest, selftest=test))

    prediction = Runner(bundle)(uniform())

    assert prediction.mask is None
    assert prediction.heatmap is None
    assert prediction.finding(ANY_HEMORRHAGE).present is True


def test_the_heatmap_glows_where_the_scan_is_bright_and_keeps_its_peak(tmp_path):
    hu = np.zeros((3, toy.SIDE, toy.SIDE), np.float32)
    hu[1, 16:32, 16:32] = 60.0
    volume = Volume(hu, Grid.regular(hu.shape, (5.0, 3.0, 3.0)))

    heatmap = Runner(opened(tmp_path))(volume).heatmap

    assert heatmap.grid == volume.grid
    assert heatmap.raw_peak == pytest.approx(0.6, abs=1e-6)
    assert np.unravel_index(heatmap.weights.argmax(), hu.shape)[0] == 1
    assert heatmap.weights[1, 24, 24] == pytest.approx(1.0, abs=1e-6)
    assert not heatmap.weights[:, 40:].any()


def test_thin_slices_of_a_slab_that_shows_it_all_show_it(tmp_path):
    slabs = Pipeline("slabs", (Resample((5.0, 3.0, 3.0)), *toy.PIPELINE.steps))
    bundle = opened(tmp_path, task=replace(toy.TASK, pipeline=slabs))
    thin = uniform(np.repeat([20.0, 60.0, 20.0], 5), slice_mm=1.0)

    finding = Runner(bundle)(thin).finding(ANY_HEMORRHAGE)

    assert finding.slices == (5, 6, 7, 8, 9)


def test_subtypes_have_ml_of_their_own_and_any_has_their_sum(tmp_path):
    # Label k reaches a probability of one half at 50 + 10 k HU; a subtype is the highest of them.
    task = replace(toy.TASK, labels=(ANY_HEMORRHAGE, EPIDURAL, SUBDURAL))
    bundle = write_bundle(tmp_path / "t.headct", toy.contents(task))

    prediction = Runner(bundle)(uniform(np.array([20.0, 95.0])))

    volumes = [finding.volume_ml for finding in prediction.findings]
    one_slice_ml = (3.0 * toy.SIDE) ** 2 * 5.0 / 1000
    assert prediction.mask.names == (EPIDURAL, SUBDURAL)
    assert volumes == pytest.approx([one_slice_ml, one_slice_ml, 0.0])


def test_the_finders_marks_count_beside_the_network(tmp_path):
    """On the slice that it marks, and in what follows for the patient."""
    bundle = opened(tmp_path, beside=Beside(0.5, "1"))
    volume = uniform()
    labels = np.zeros(volume.grid.shape, np.uint8)
    labels[3, :4, :5] = 1  # 180 mm² on the slice of 60 HU
    classical = Prediction("finder", "1", (), mask=Mask(labels, volume.grid, (ANY_HEMORRHAGE,)))
    runner = Runner(bundle)

    found = runner.answer(runner.see(volume), volume.grid, classical).finding(ANY_HEMORRHAGE)

    expected = expit(logits(HU)[3] + 0.5 * np.log(1 + 180 / 2.5))
    assert found.score == pytest.approx(float(expected), abs=1e-5)
    assert any("1.8 cm² on that slice" in line for line in found.evidence)
    assert found.score_kind == "slice scores of network and finder to the patient by max"


def test_where_marks_count_the_finder_is_asked_or_must_have_been(tmp_path, bleeding):
    runner = Runner(opened(tmp_path, beside=Beside(0.5, "1")))
    volume = bleeding.volume

    by_itself = runner(volume).finding(ANY_HEMORRHAGE)
    given = runner.answer(runner.see(volume), volume.grid, find_in(volume))

    assert by_itself == given.finding(ANY_HEMORRHAGE)
    with pytest.raises(BundleError, match="answers beside the classical finder"):
        runner.answer(runner.see(volume), volume.grid)
    with pytest.raises(ScanError):
        runner(uniform())  # no skull


def test_a_tilted_scan_of_mixed_distances_comes_back_to_its_own_grid(tmp_path, bleeding):
    prediction = Runner(opened(tmp_path))(bleeding.volume)

    assert bleeding.volume.grid.is_tilted
    assert prediction.mask.grid == bleeding.volume.grid
    assert prediction.heatmap.grid == bleeding.volume.grid


def test_a_pipeline_that_gives_other_channels_is_refused(tmp_path):
    windows = Pipeline("w", (Square(), Reshape(toy.SIDE, toy.SIDE), Windows(((40.0, 80.0),))))
    bundle = opened(tmp_path, task=replace(toy.TASK, pipeline=windows))

    with pytest.raises(BundleError, match="its network takes gray, its pipeline gives window"):
        Runner(bundle)(uniform())


def test_a_pipeline_that_gives_another_matrix_is_refused(tmp_path):
    small = Pipeline("s", (Square(), Reshape(32, 32), Rescale(0.0, 100.0), Gray()))
    bundle = opened(tmp_path, task=replace(toy.TASK, pipeline=small))

    with pytest.raises(BundleError, match="takes frames of"):
        Runner(bundle)(uniform())


def test_runner_wants_a_slice_at_once(tmp_path):
    with pytest.raises(ValueError, match="a slice or more"):
        Runner(opened(tmp_path), 0)
