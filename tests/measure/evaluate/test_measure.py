import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    cohen_kappa_score,
    log_loss,
    recall_score,
    roc_auc_score,
    roc_curve,
)
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa
from statsmodels.stats.proportion import proportion_confint

from headct.core.errors import MeasureError
from headct.measure.evaluate.measure import measure
from headct.measure.evaluate.settings import Settings
from headct.measure.outcomes import Level
from headct.measure.reading.predictions import read_pair

LABEL = "subdural"
FEW_DRAWS = Settings(samples=200)


def drawn(patients, slices, *, seed, first=0, blur=1.0):
    """Made-up slices: a patient's own level, so that slices of one are alike."""
    rng = np.random.default_rng(seed)
    rows = []
    for patient in range(first, first + patients):
        ill, own = rng.random() < 0.5, rng.normal(scale=0.7)
        for place in range(slices):
            shows = int(ill and rng.random() < 0.6)
            score = 1 / (1 + np.exp(-(2.2 * shows - 1 + own + rng.normal(scale=blur))))
            rows.append((f"p{patient}", f"i{patient}-{place}", "NS"[patient % 2], shows, score))
    return pd.DataFrame(rows, columns=["patient", "slice", "site", "truth", "score"])


def pair_of(folder, rows, name="test", **options):
    folder.mkdir(exist_ok=True)
    keys = ["patient", "slice"] if "slice" in rows else ["patient"]
    extra = [column for column in ("model", "run") if column in rows]
    said = rows[keys + extra].assign(**{LABEL: rows["score"]})
    said.to_csv(folder / f"{name}.csv", index=False)
    true = rows.drop_duplicates(keys)
    true[keys].assign(**{LABEL: true["truth"], "site": true["site"]}).to_csv(
        folder / f"{name}-truth.csv", index=False
    )
    return read_pair(folder / f"{name}.csv", folder / f"{name}-truth.csv", **options)


@pytest.fixture
def slices():
    return drawn(60, 8, seed=1)


def label_at(measured, level, system=0):
    found = [at for at in measured.systems[system].levels if at.level is level]
    return found[0].labels[0]


def test_figures_of_slices_are_scikit_learns(tmp_path, slices):
    found = label_at(measure(pair_of(tmp_path, slices), settings=FEW_DRAWS), Level.SLICE)

    truth, score = slices["truth"], slices["score"]
    expected = {
        "auc": roc_auc_score(truth, score),
        "average_precision": average_precision_score(truth, score),
        "brier": brier_score_loss(truth, score),
        "cross_entropy": log_loss(truth, score),
    }

    assert {name: found.areas[name].value for name in expected} == pytest.approx(expected, abs=1e-9)
    assert found.rows == len(slices)
    assert found.positives == truth.sum()
    assert found.positive_patients == slices[truth == 1]["patient"].nunique()


def test_a_patient_scores_as_the_worst_slice_and_has_exact_intervals(tmp_path, slices):
    found = label_at(measure(pair_of(tmp_path, slices), settings=FEW_DRAWS), Level.PATIENT)

    by_patient = slices.groupby("patient")[["truth", "score"]].max()
    hits = int(((by_patient["score"] >= 0.5) & (by_patient["truth"] == 1)).sum())
    low, high = proportion_confint(hits, int(by_patient["truth"].sum()), method="beta")
    sensitivity = found.points[0].scores["sensitivity"]

    assert found.areas["auc"].value == pytest.approx(
        roc_auc_score(by_patient["truth"], by_patient["score"]), abs=1e-12
    )
    assert found.areas["auc"].method == "DeLong"
    assert (sensitivity.low, sensitivity.high) == pytest.approx((low, high), abs=1e-9)
    assert sensitivity.method == "Clopper-Pearson"


def test_intervals_of_slices_are_wider_than_if_each_were_another_patients(tmp_path, slices):
    alone = slices.assign(patient=slices["slice"])

    clustered, naive = (
        label_at(measure(pair_of(tmp_path / name, rows), settings=FEW_DRAWS), level)
        for name, rows, level in (("a", slices, Level.SLICE), ("b", alone, Level.SLICE))
    )
    width = [one.areas["auc"].high - one.areas["auc"].low for one in (clustered, naive)]

    assert "by patient" in clustered.areas["auc"].method
    assert naive.areas["auc"].method == "DeLong"
    assert width[0] > 1.3 * width[1]


def test_a_threshold_is_chosen_on_validation_and_reported_on_test(tmp_path, slices):
    others = drawn(60, 8, seed=2, first=100)
    validation = pair_of(tmp_path, others, "validation")

    points = label_at(measure(pair_of(tmp_path, slices), validation, FEW_DRAWS), Level.SLICE).points
    false_positives, hits, thresholds = roc_curve(
        others["truth"], others["score"], drop_intermediate=False
    )
    youden = thresholds[np.argmax(hits - false_positives)]
    floor = thresholds[np.flatnonzero(hits >= 0.95)[0]]

    assert [one.chosen.threshold for one in points] == pytest.approx([0.5, youden, floor])
    assert [one.chosen.chosen_on for one in points[1:]] == ["validation"] * 2
    assert points[2].scores["sensitivity"].value == pytest.approx(
        recall_score(slices["truth"], slices["score"] >= floor)
    )


def test_without_validation_a_chosen_threshold_says_that_it_looks_too_good(tmp_path, slices):
    found = measure(pair_of(tmp_path, slices), settings=FEW_DRAWS)

    assert "better than it is" in label_at(found, Level.SLICE).points[1].chosen.chosen_on
    assert any("No validation" in told for told in found.warnings)


def test_a_patient_on_both_sides_is_refused(tmp_path, slices):
    pair = pair_of(tmp_path, slices)
    shared = drawn(30, 8, seed=3, first=55)

    with pytest.raises(MeasureError, match="5 of 30 patients") as told:
        measure(pair, pair_of(tmp_path, shared, "validation"), FEW_DRAWS)

    assert "p55" not in str(told.value)


def test_votes_are_fitted_on_validation_alone(tmp_path, slices):
    others = drawn(80, 8, seed=5, first=100)
    settings = Settings(samples=200, aggregation="vote")

    measured = measure(pair_of(tmp_path, slices), pair_of(tmp_path, others, "validation"), settings)
    votes = others.assign(vote=others["score"] >= 0.5).groupby("patient")
    called = votes["vote"].sum()
    ill = votes["truth"].max() == 1
    youden = [(called[ill] >= t).mean() - (called[~ill] >= t).mean() for t in range(1, 9)]

    assert measured.systems[0].levels[-1].how == f"vote:{1 + int(np.argmax(youden))}@0.5"


def test_votes_without_validation_are_a_wrong_argument(tmp_path, slices):
    with pytest.raises(ValueError, match="fitted on validation"):
        measure(pair_of(tmp_path, slices), settings=Settings(aggregation="vote"))


def test_each_site_is_measured_apart(tmp_path, slices):
    pair = pair_of(tmp_path, slices, subgroups=("site",))

    groups = label_at(measure(pair, settings=FEW_DRAWS), Level.SLICE).groups
    expected = {
        site: roc_auc_score(rows["truth"], rows["score"]) for site, rows in slices.groupby("site")
    }

    assert {one.value: one.scores["auc"].value for one in groups} == pytest.approx(expected)
    assert [one.rows for one in groups] == [240, 240]


def test_the_worst_errors_are_errors_of_different_patients_worst_first(tmp_path, slices):
    worst = label_at(measure(pair_of(tmp_path, slices), settings=FEW_DRAWS), Level.SLICE).worst

    far = [abs(one.score - one.truth) for one in worst]
    misses = slices[(slices["truth"] == 1) & (slices["score"] < 0.5)]

    assert far == sorted(far, reverse=True)
    assert min(far) >= 0.5
    assert min(one.score for one in worst if one.truth) == pytest.approx(misses["score"].min())
    assert len({(one.name[0], one.truth) for one in worst}) == len(worst)


def test_few_positive_patients_claim_nothing(tmp_path):
    found = measure(pair_of(tmp_path, drawn(12, 4, seed=4)), settings=FEW_DRAWS)

    assert label_at(found, Level.SLICE).is_few
    assert any("nothing is claimed" in told for told in found.warnings)


@pytest.fixture
def systems(slices):
    """A good model and a poor one, three runs each, on the same slices."""
    rng = np.random.default_rng(8)
    several = [
        slices.assign(
            model=model,
            run=f"seed{run}",
            score=1 / (1 + np.exp(-np.log(slices["score"] / (1 - slices["score"])) - noise)),
        )
        for model, spread in (("good", 0.3), ("poor", 4.0))
        for run in range(3)
        for noise in [rng.normal(scale=spread, size=len(slices))]
    ]
    return pd.concat(several)


def test_avg_and_best_are_over_runs_of_a_model(tmp_path, systems):
    found = measure(pair_of(tmp_path, systems), settings=FEW_DRAWS)

    areas = {
        model: [roc_auc_score(run["truth"], run["score"]) for _, run in rows.groupby("run")]
        for model, rows in systems.groupby("model")
    }
    runs = next(one for one in found.runs if one.level is Level.SLICE)

    for model, values in areas.items():
        told = runs.models[model]
        assert told.averages["auc"].average.value == pytest.approx(np.mean(values))
        assert told.best.score == pytest.approx(max(values))
        assert told.best.is_optimistic
    assert runs.compared[0].tested.difference.value == pytest.approx(
        np.mean(areas["good"]) - np.mean(areas["poor"])
    )


def test_two_models_are_compared_on_the_mean_of_their_runs(tmp_path, systems):
    found = measure(pair_of(tmp_path, systems), settings=FEW_DRAWS)

    mean = systems.groupby(["model", "slice"])[["truth", "score"]].mean().reset_index()
    good, poor = (roc_auc_score(rows["truth"], rows["score"]) for _, rows in mean.groupby("model"))
    at_slices = next(one for one in found.comparisons if one.level is Level.SLICE)

    assert at_slices.tested.difference.value == pytest.approx(good - poor)
    assert at_slices.adjusted_p >= at_slices.tested.p
    assert at_slices.adjusted_p < 0.001
    assert at_slices.tested.first.method.startswith("Obuchowski")


def test_models_agree_as_statsmodels_counts_it(tmp_path, systems):
    found = measure(pair_of(tmp_path, systems), settings=FEW_DRAWS)

    mean = systems.pivot_table(index="slice", columns="model", values="score") >= 0.5
    expected = fleiss_kappa(aggregate_raters(mean.to_numpy().astype(int))[0])
    at_slices = next(one for one in found.agreement if one.level is Level.SLICE)

    assert at_slices.kappa.kappa == pytest.approx(expected)
    assert at_slices.models == ("good", "poor")


def test_volumes_are_measured_where_files_have_them(tmp_path):
    rng = np.random.default_rng(6)
    true = rng.gamma(1.0, 20.0, 40)
    said = np.maximum(true + rng.normal(1.0, 3.0, 40), 0)
    for name, volumes in (("said", said), ("true", true)):
        table = {"patient": [f"p{i}" for i in range(40)], "any_hemorrhage_ml": volumes}
        pd.DataFrame(table).to_csv(tmp_path / f"{name}.csv", index=False)

    (volume,) = (
        measure(read_pair(tmp_path / "said.csv", tmp_path / "true.csv"), settings=FEW_DRAWS)
        .systems[0]
        .volumes
    )

    assert volume.label == "any_hemorrhage"
    assert volume.compared.errors["mae_ml"].value == pytest.approx(np.abs(said - true).mean())
    assert volume.compared.agreement["absolute"].bias.value == pytest.approx((said - true).mean())


def test_votes_count_where_truth_is_stated_of_patients(tmp_path, slices):
    by_patient = slices.groupby("patient", sort=False)["truth"].max()
    slices[["patient", "slice"]].assign(**{LABEL: slices["score"]}).to_csv(
        tmp_path / "said.csv", index=False
    )
    by_patient.rename(LABEL).to_csv(tmp_path / "true.csv")

    measured = measure(read_pair(tmp_path / "said.csv", tmp_path / "true.csv"), settings=FEW_DRAWS)
    votes = (slices["score"] >= 0.5).groupby(slices["patient"], sort=False).sum()
    curve = measured.systems[0].votes[LABEL]

    assert [at.level for at in measured.systems[0].levels] == [Level.PATIENT]
    assert curve.sensitivity.tolist() == pytest.approx(
        [(votes[by_patient == 1] >= t).mean() for t in curve.slices]
    )


def test_subtypes_are_counted_as_the_hemorrhage_paper_prints_them(tmp_path):
    rng = np.random.default_rng(9)
    keys = pd.DataFrame({"patient": [f"p{i // 5}" for i in range(100)], "slice": range(100)})
    truth = keys.assign(epidural=rng.integers(0, 2, 100), subdural=rng.integers(0, 2, 100))
    said = keys.assign(epidural=rng.random(100), subdural=rng.random(100))
    said.to_csv(tmp_path / "said.csv", index=False)
    truth.to_csv(tmp_path / "true.csv", index=False)

    pair = read_pair(tmp_path / "said.csv", tmp_path / "true.csv")
    classes = measure(pair, settings=FEW_DRAWS).systems[0].classes

    shown = [truth[name] == 1 for name in ("epidural", "subdural")]
    right = [int((said[s.name][s] >= 0.5).sum()) for s in shown]
    assert [(row.test.correct, row.test.total) for row in classes.rows[:-1]] == [
        (hits, int(of.sum())) for hits, of in zip(right, shown, strict=True)
    ]
    assert classes.rows[-1].test.correct == sum(right)
    assert "naive" in classes.rows[0].test.naive.method


def table_of(patients, **columns):
    return pd.DataFrame({"patient": [f"p{i}" for i in range(patients)], **columns})


def read_tables(folder, said, true, **options):
    said.to_csv(folder / "said.csv", index=False)
    true.to_csv(folder / "true.csv", index=False)
    return read_pair(folder / "said.csv", folder / "true.csv", **options)


def test_few_patients_without_the_finding_claim_no_more_than_few_with_it(tmp_path):
    score = np.linspace(0, 1, 60)
    pair = read_tables(
        tmp_path,
        table_of(60, subdural=score),
        table_of(60, subdural=(np.arange(60) > 2).astype(int)),
    )

    found = measure(pair, settings=FEW_DRAWS)

    assert label_at(found, Level.PATIENT).negative_patients == 3
    assert label_at(found, Level.PATIENT).is_few
    assert any("or fewer lack, subdural" in told for told in found.warnings)


def test_a_small_subgroup_gets_shares_and_no_area(tmp_path):
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, 80)
    site = np.where(np.arange(80) < 12, "tiny", "large")
    pair = read_tables(
        tmp_path,
        table_of(80, subdural=rng.random(80)),
        table_of(80, subdural=truth, site=site),
        subgroups=("site",),
    )

    groups = label_at(measure(pair, settings=FEW_DRAWS), Level.PATIENT).groups
    few = {one.value: one.is_few for one in groups}
    scores = {one.value: set(one.scores) for one in groups}

    assert few == {"large": False, "tiny": True}
    assert scores["tiny"] == {"sensitivity", "specificity"}
    assert scores["large"] == {"auc", "sensitivity", "specificity"}


@pytest.fixture
def readers(tmp_path):
    """Two readers' calls of 60 patients, filed as scores of 0 and 1."""
    rng = np.random.default_rng(12)
    truth = rng.integers(0, 2, 60)
    calls = {name: np.where(rng.random(60) < 0.85, truth, 1 - truth) for name in ("ann", "bob")}
    said = pd.concat([table_of(60, model=[name] * 60, subdural=of) for name, of in calls.items()])
    return truth, calls, read_tables(tmp_path, said, table_of(60, subdural=truth))


def test_calls_of_readers_are_not_calibrated_and_choose_no_threshold(readers):
    truth, calls, pair = readers

    found = label_at(measure(pair, settings=FEW_DRAWS), Level.PATIENT)
    shares = [recall_score(truth, calls["ann"], pos_label=kind) for kind in (0, 1)]

    assert found.is_calls
    assert set(found.areas) == {"auc", "average_precision"}
    assert found.areas["auc"].value == pytest.approx(np.mean(shares))
    assert "(sensitivity + specificity) / 2" in found.areas["auc"].note
    assert [len(found.points), found.reliability, found.decision] == [1, None, None]
    assert measure(pair, settings=FEW_DRAWS).warnings == ()


def test_readers_agree_by_pair_and_with_the_truth_as_scikit_learn_counts_it(readers):
    truth, calls, pair = readers

    (agreement,) = measure(pair, settings=FEW_DRAWS).agreement

    assert agreement.pairs["ann", "bob"].kappa == pytest.approx(
        cohen_kappa_score(calls["ann"], calls["bob"])
    )
    assert {name: one.kappa for name, one in agreement.with_truth.items()} == pytest.approx(
        {name: cohen_kappa_score(of, truth) for name, of in calls.items()}
    )


def test_validation_is_described_and_few_of_it_are_warned_of(tmp_path, slices):
    others = drawn(12, 8, seed=2, first=100)
    validation = pair_of(tmp_path, others, "validation")

    found = measure(pair_of(tmp_path, slices), validation, FEW_DRAWS)
    ill = others.groupby("patient")["truth"].max().sum()

    assert found.validation.patients == 12
    assert found.validation.rows == 96
    assert found.validation.positive_patients == {LABEL: ill}
    assert any("little more than chance" in told for told in found.warnings)


def test_a_point_that_validation_cannot_choose_says_why(tmp_path, slices):
    healthy = drawn(12, 8, seed=2, first=100).assign(truth=0)
    validation = pair_of(tmp_path, healthy, "validation")

    found = label_at(measure(pair_of(tmp_path, slices), validation, FEW_DRAWS), Level.SLICE)

    assert [point.note for point in found.unmet] == [
        "no positives or no negatives",
        "no positives",
    ]
    assert len(found.points) == 1


def test_rows_without_any_truth_are_refused_and_not_called_measured(tmp_path):
    pair = read_tables(tmp_path, table_of(5, subdural=0.5), table_of(5, subdural=np.nan))

    with pytest.raises(MeasureError, match="no row has both"):
        measure(pair, settings=FEW_DRAWS)


def test_abc2_without_the_volume_that_it_estimates_is_told_as_not_used(tmp_path):
    ml = np.arange(1.0, 13.0)
    said = table_of(12, intraparenchymal_ml=ml, abc2_ml=ml * 1.1)
    pair = read_tables(tmp_path, said, table_of(12, intraparenchymal_ml=ml + 1))

    found = measure(pair, settings=FEW_DRAWS)

    assert [one.what for one in found.left_out] == ["abc2_ml"]
    assert found.systems[0].volumes[0].compared.abc2 == ()


def test_systems_stand_in_the_order_of_their_names(tmp_path, systems):
    found = measure(pair_of(tmp_path, systems.iloc[::-1]), settings=FEW_DRAWS)

    names = [one.name for one in found.systems]

    assert names == sorted(names)
