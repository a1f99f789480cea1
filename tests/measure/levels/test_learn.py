from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from headct.measure.levels.aggregate import aggregate
from headct.measure.levels.choices import Max
from headct.measure.levels.learn import fit_learned
from headct.measure.outcomes import UNKNOWN, Level

LABEL = "subdural"


def by_rank(outcomes, ranks):
    """Truth of the studies and their so-manieth highest scores, by pandas."""
    place = outcomes.labels.index(LABEL)
    table = pd.DataFrame(
        {"s": outcomes.studies, "p": outcomes.scores[:, place], "y": outcomes.truth[:, place]}
    )
    grouped = table.groupby("s")
    scores = grouped.p.agg(lambda p: [*p.sort_values(ascending=False), *[0.0] * 50])
    return grouped.y.max() == 1, np.array([[row[rank - 1] for rank in ranks] for row in scores])


def test_the_model_is_that_of_scikit_learn_where_no_weight_would_be_below_zero(cohort):
    outcomes = cohort(200, seed=1, missing=0.0)
    truth, scores = by_rank(outcomes, (1, 3))

    peer = LogisticRegression(C=1 / 0.5, tol=1e-10, max_iter=10_000).fit(scores, truth)
    found = fit_learned(outcomes, LABEL, ranks=(1, 3), penalty=0.5)

    assert peer.coef_.min() > 0
    assert found.intercept == pytest.approx(peer.intercept_[0], rel=1e-4)
    assert found.weights == pytest.approx(peer.coef_[0], rel=1e-4)


def test_no_weight_is_below_zero_where_the_best_would_be(slices):
    # The second highest slice is high in the well, so that a free weight would be negative.
    chance, rows = np.random.default_rng(0), []
    for study in range(200):
        ill = study % 2
        top = 0.9 if chance.random() < (0.8 if ill else 0.3) else 0.5
        rows += [(study, study, top, ill), (study, study, 0.2 if ill else 0.4, ill)]
    outcomes = slices(*rows)
    truth, scores = by_rank(outcomes, (1, 2))

    free = LogisticRegression().fit(scores, truth).coef_[0]
    alone = LogisticRegression(tol=1e-10).fit(scores[:, :1], truth)
    found = fit_learned(outcomes, LABEL, ranks=(1, 2))

    assert free[1] < 0
    assert found.weights == pytest.approx((alone.coef_[0, 0], 0), rel=1e-4)


def test_it_learns_more_than_the_highest_slice_says(cohort):
    fitted_on, others = cohort(400, seed=1), cohort(400, seed=2)

    how = fit_learned(fitted_on, LABEL)
    learned = aggregate(others, how, Level.STUDY).of(LABEL)
    highest = aggregate(others, Max(), Level.STUDY).of(LABEL)

    kept = np.clip(highest.scores, 1e-3, 1 - 1e-3)
    assert log_loss(learned.truth, learned.scores) < log_loss(highest.truth, kept) - 0.05


def test_truth_may_be_stated_of_studies_and_not_of_slices(cohort):
    outcomes = cohort(50)
    unknown = replace(outcomes, truth=np.full_like(outcomes.truth, UNKNOWN))
    studies = aggregate(outcomes, Max(), Level.STUDY)

    found = fit_learned(unknown, LABEL, judged=studies)

    assert found == fit_learned(outcomes, LABEL)
    assert fit_learned(unknown, LABEL) is None


def test_separated_studies_have_weights_with_an_end(slices):
    outcomes = slices(*((n, n, 0.9 if n % 2 else 0.1, n % 2) for n in range(20)))

    found = fit_learned(outcomes, LABEL)

    assert 1 < found.weights[0] < 10


def test_without_both_kinds_there_is_no_model(slices):
    assert fit_learned(slices((0, 0, 0.9, 1), (1, 1, 0.2, 1)), LABEL) is None


def test_nonsense_is_refused(cohort):
    outcomes = cohort(5)
    studies = aggregate(outcomes, Max(), Level.STUDY)

    for call in (
        lambda: fit_learned(studies, LABEL),
        lambda: fit_learned(outcomes, LABEL, judged=outcomes),
        lambda: fit_learned(outcomes, LABEL, penalty=0.0),
        lambda: fit_learned(
            outcomes, LABEL, judged=replace(studies, studies=studies.studies + 100)
        ),
    ):
        with pytest.raises(ValueError, match=r"expected|no slices"):
            call()
