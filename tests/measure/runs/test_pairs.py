from functools import partial

import numpy as np
import pytest
from scipy.stats import ttest_rel, wilcoxon
from statsmodels.stats.multitest import multipletests

from headct.measure.runs.paired import corrected_t, signed_rank
from headct.measure.runs.pairs import compare_all, compare_by

PLAIN = partial(corrected_t, test_to_train=0)
SCORES = np.random.default_rng(0).normal([0.90, 0.92, 0.95], 0.02, (10, 3)).T
BY_MODEL = dict(zip(("ResNet50", "DenseNet-121", "ConvNeXt"), SCORES.tolist(), strict=True))


def grid(networks=("ResNet50", "ConvNeXt"), pipelines=("A", "B", "C"), runs=6):
    """Scores of each network through each pipeline; a network's gain of its own, a fold's too."""
    rng = np.random.default_rng(1)
    folds = rng.normal(0, 0.05, runs)
    return {
        (network, pipeline): (0.8 + 0.05 * row + folds + rng.normal(0, 0.01, runs)).tolist()
        for row, network in enumerate(networks)
        for pipeline in pipelines
    }


def test_every_two_models_are_compared_and_corrected_as_by_scipy_and_statsmodels():
    pairs = [("ResNet50", "DenseNet-121"), ("ResNet50", "ConvNeXt"), ("DenseNet-121", "ConvNeXt")]

    expected = [wilcoxon(BY_MODEL[one], BY_MODEL[other]).pvalue for one, other in pairs]
    found = compare_all(BY_MODEL, signed_rank)

    assert [(one.first, one.second) for one in found] == pairs
    assert [one.tested.p for one in found] == pytest.approx(expected)
    corrected = multipletests(expected, method="holm")[1]
    assert [one.adjusted_p for one in found] == pytest.approx(corrected)


def test_networks_are_compared_over_the_means_of_their_pipelines():
    scores = grid()
    means = {
        network: np.mean([scores[network, pipeline] for pipeline in "ABC"], axis=0)
        for network in ("ResNet50", "ConvNeXt")
    }

    expected = ttest_rel(means["ResNet50"], means["ConvNeXt"])
    (found,) = compare_by(scores, 0, PLAIN)

    assert (found.first, found.second) == ("ResNet50", "ConvNeXt")
    assert found.tested.pairs == 6
    assert found.tested.statistic == pytest.approx(expected.statistic)


def test_pipelines_are_compared_by_the_other_factor():
    found = compare_by(grid(), 1, PLAIN, "bonferroni")

    assert [(one.first, one.second) for one in found] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert [one.adjusted_p for one in found] == pytest.approx(
        [min(3 * one.tested.p, 1) for one in found]
    )


def test_only_settings_that_both_have_are_compared():
    scores = grid()
    del scores["ConvNeXt", "C"]

    (found,) = compare_by(scores, 0, PLAIN)

    expected = ttest_rel(
        np.mean([scores["ResNet50", one] for one in "AB"], axis=0),
        np.mean([scores["ConvNeXt", one] for one in "AB"], axis=0),
    )
    assert found.tested.statistic == pytest.approx(expected.statistic)


def test_a_run_without_a_score_in_one_setting_is_left_out_of_the_pair():
    scores = grid()
    scores["ConvNeXt", "B"][2] = None

    (found,) = compare_by(scores, 0, PLAIN)

    assert found.tested.pairs == 5
    assert "1 of 6 pairs left out" in found.tested.note


def test_networks_without_a_pipeline_in_common_are_not_compared():
    scores = {("ResNet50", "A"): [0.9, 0.8], ("ConvNeXt", "B"): [0.95, 0.85]}

    (found,) = compare_by(scores, 0, PLAIN)

    assert (found.tested.p, found.adjusted_p, found.tested.difference.note) == (
        None,
        None,
        "no pairs",
    )


def test_one_model_is_compared_with_nothing():
    assert compare_all({"ResNet50": [0.9, 0.8]}, signed_rank) == ()


def test_a_grid_that_is_none_is_refused():
    with pytest.raises(ValueError, match="number 2"):
        compare_by(grid(), 2, PLAIN)
    with pytest.raises(ValueError, match="as many runs"):
        compare_by({("a", "A"): [0.9], ("b", "A"): [0.9, 0.8]}, 0, PLAIN)
