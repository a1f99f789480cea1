import csv
import io
from functools import partial

import numpy as np
import pytest
from scipy.stats import binomtest

from headct.measure.counts.paper_table import PaperTable, Row, Side, paper_table, share
from headct.measure.estimate import Estimate
from headct.measure.runs.many import friedman
from headct.measure.runs.model import model_runs
from headct.measure.runs.paired import corrected_t, signed_rank
from headct.measure.runs.pairs import compare_all
from headct.report.measurement.paper_tables import (
    class_table,
    comparison_table,
    estimates_table,
    ranks_table,
    runs_table,
    study_table,
    systems_table,
)
from headct.report.measurement.tables import NOTHING, as_csv, as_html, as_latex, as_markdown

PLUS_MINUS = "\N{PLUS-MINUS SIGN}"
ACCURACY = {"ResNet50": [0.90, 0.92, 0.94], "ConvNeXt": [0.95, 0.96, 0.985]}
SENSITIVITY = {"ResNet50": [0.80, 0.85, None], "ConvNeXt": [0.9, 0.9, 0.8]}


def runs_of(network, **more):
    scores = {"accuracy": ACCURACY[network], "sensitivity": SENSITIVITY[network]}
    return model_runs(scores, chosen_by="accuracy", **more)


def exact_percent(right, of):
    interval = binomtest(right, of).proportion_ci(0.95, method="exact")
    return f"{100 * right / of:.2f} ({100 * interval.low:.2f} to {100 * interval.high:.2f})"


def test_the_study_has_average_and_best_in_percent_of_every_setting():
    grid = {("ResNet50", "A"): runs_of("ResNet50"), ("ConvNeXt", "A"): runs_of("ConvNeXt")}

    found = study_table(grid)

    assert found.columns[:3] == ("network", "pipeline", "runs")
    assert found.spans == (("", 3), ("AVG, %", 2), ("BEST, %", 2))
    # Of 90, 92, 94: mean 92, deviation 2. Of 80, 85: 82.5 and 5 / sqrt(2). The third run is best.
    averages = (f"92.00 {PLUS_MINUS} 2.00", f"82.50 {PLUS_MINUS} 3.54")
    assert found.rows[0] == ("ResNet50", "A", 3, *averages, "94.00", NOTHING)
    assert found.rows[1][-2:] == ("98.50", "80.00")


def test_the_study_warns_of_a_best_that_was_chosen_where_it_is_reported():
    found = study_table({("ResNet50", "A"): runs_of("ResNet50")})

    # Three runs of deviation 0.02: 0.846 of it, which three show short by 0.886.
    assert "chosen by accuracy on the data it is reported on, and is optimistic" in found.notes[1]
    assert f"beat AVG by {0.846 * 0.02 / 0.886:.3f}." in found.notes[1]


def test_the_study_says_that_validation_chose_where_it_did():
    grid = {
        ("ResNet50", "A"): runs_of("ResNet50", validation=[0.99, 0.95, 0.9]),
        ("ConvNeXt", "A"): runs_of("ConvNeXt"),
    }

    found = study_table(grid)

    assert found.rows[0][-2:] == ("90.00", "80.00")
    assert ["on validation, and" in note for note in found.notes] == [False, False, True]
    assert ["optimistic" in note for note in found.notes] == [False, True, True]


def test_a_study_of_one_run_each_has_no_spread_and_no_warning():
    grid = {("ResNet50", "A"): model_runs({"accuracy": [0.9]}, chosen_by="accuracy")}

    found = study_table(grid)

    assert found.rows == (("ResNet50", "A", 1, "90.00", "90.00"),)
    assert len(found.notes) == 1


def test_settings_with_other_scores_are_refused():
    grid = {
        ("ResNet50", "A"): runs_of("ResNet50"),
        ("ResNet50", "B"): model_runs({"accuracy": [0.9]}, chosen_by="accuracy"),
    }

    with pytest.raises(ValueError, match="same scores"):
        study_table(grid)


def test_every_figure_of_the_runs_stands_in_a_cell_of_its_own():
    found = runs_table({"ResNet50": runs_of("ResNet50", names=["7", "8", "9"])})
    sheet = list(csv.reader(io.StringIO(as_csv(found))))

    told = dict(zip(sheet[0], sheet[1], strict=True))
    assert {name: told[name] for name in ("runs", "lowest", "highest", "best run")} == {
        "runs": "3",
        "lowest": "0.9",
        "highest": "0.94",
        "best run": "9",
    }
    assert float(told["mean"]) == pytest.approx(0.92)
    # Student's t of two degrees of freedom at 97.5 %: 4.303.
    assert float(told["mean low"]) == pytest.approx(0.92 - 4.303 * 0.02 / 3**0.5, abs=1e-5)
    assert float(told["above mean"]) == pytest.approx(0.02)
    assert found.notes[0] == "Intervals: t over 3 runs; t over 2 runs."


def test_the_paper_s_class_table_has_counts_and_naive_intervals_and_says_so():
    paper = PaperTable((Row("all", share(258, 272), share(65, 69)),))

    found = class_table(paper)
    shown = as_markdown(found)

    assert found.spans == (("", 1), ("train", 3), ("test", 3))
    cells = [f"{right} | {of} | {exact_percent(right, of)}" for right, of in ((258, 272), (65, 69))]
    assert f"| all | {cells[0]} | {cells[1]} |" in shown
    assert "| 65 | 69 | 94.20 (" in shown
    assert "test %, naive interval" in shown
    assert any("naive" in note for note in found.notes)


def test_intervals_by_patient_stand_beside_the_naive_ones_where_patients_are_known():
    chance = np.random.default_rng(0)
    truth = (chance.random((60, 2)) < 0.5).astype(np.int8)
    side = Side(truth, chance.random((60, 2)) < 0.8, np.repeat(np.arange(12), 5))
    paper = paper_table(["epidural", "subdural"], None, side, rng=chance, samples=50)

    found = class_table(paper)

    assert found.spans == (("", 1), ("test", 4))
    assert found.columns[-1] == "%, interval by patient"
    assert found.rows[-1][0] == "all"
    by_patient = paper.rows[0].test.by_patient
    assert found.rows[0][4].value == pytest.approx(100 * by_patient.value)
    assert found.rows[0][4].high == pytest.approx(100 * by_patient.high)
    assert f"; {by_patient.method}" in found.notes[-1]


def test_a_class_without_instances_has_no_share():
    found = class_table(PaperTable((Row("epidural", None, share(0, 0)),)))

    assert "| epidural | 0 | 0 |" in as_markdown(found)
    assert f"| {NOTHING} |" in as_markdown(found)


def test_systems_stand_in_rows_and_classes_in_columns():
    rows = {
        "network": (Row("epidural", None, share(9, 10)), Row("all", None, share(65, 69))),
        "watershed": (Row("epidural", None, share(0, 0)), Row("all", None, share(60, 69))),
    }

    found = systems_table({name: PaperTable(of) for name, of in rows.items()})

    assert found.columns == ("system", "epidural", "all")
    assert found.rows[0] == ("network", "90.00 (9/10)", "94.20 (65/69)")
    assert found.rows[1] == ("watershed", None, "86.96 (60/69)")
    assert "sensitivity" in found.notes[0]


def test_systems_of_other_classes_and_other_sides_are_refused():
    one = PaperTable((Row("all", None, share(1, 2)),))
    other = PaperTable((Row("epidural", None, share(1, 2)),))

    with pytest.raises(ValueError, match="same classes"):
        systems_table({"a": one, "b": other})
    with pytest.raises(ValueError, match="train or test, got 'validation'"):
        systems_table({"a": one}, side="validation")


def test_comparisons_show_the_difference_and_both_p_values():
    scores = {"a": [0.9, 0.8, 0.85, 0.95], "b": [0.7, 0.6, 0.8, 0.7], "c": [0.9, None, 0.8, 0.9]}
    compared = compare_all(scores, partial(corrected_t, test_to_train=0.25))

    found = comparison_table(compared)

    assert [row[0] for row in found.rows] == ["a less b", "a less c", "b less c"]
    assert found.rows[0][2].value == pytest.approx(0.175)
    assert [row[4].p for row in found.rows] == [one.adjusted_p for one in compared]
    assert found.notes[0] == "Test: corrected resampled t. Corrected by Holm for 3 comparisons."
    assert "a less c: 1 of 4 pairs left out for a score not defined." in found.notes


def test_nothing_compared_is_an_empty_table():
    found = comparison_table(compare_all({"a": [0.9]}, signed_rank))

    assert (found.rows, found.notes) == ((), ())


def test_ranks_stand_best_first_with_what_they_are_worth():
    scores = np.random.default_rng(2).random((12, 3)) + np.array([0.0, 0.9, 0.5])
    scores[3, 1] = np.nan
    ranked = friedman(scores, ["a", "b", "c"])

    found = ranks_table(ranked)

    assert [row[0] for row in found.rows] == ["b", "c", "a"]
    assert "over 11 blocks, 1 left out" in found.notes[0]
    assert "differ: a and b (p < 0.001)" in found.notes[1]


def test_ranks_that_were_not_tested_say_why():
    found = ranks_table(friedman([[0.9, 0.8]], ["a", "b"]))

    assert found.rows == (("a", None), ("b", None))
    assert found.notes == ("Not tested: fewer than two blocks or models.",)


def test_scores_by_label_leave_a_dash_where_one_has_none():
    auc = Estimate(0.97, 0.95, 0.99, "DeLong")
    rows = {"any_hemorrhage": {"auc": auc, "brier": Estimate(0.1)}, "epidural": {"auc": auc}}

    found = estimates_table(rows, title="Areas")

    assert found.columns == ("label", "auc", "brier")
    assert found.rows[1] == ("epidural", auc, None)
    assert found.notes == ("Intervals: DeLong.",)


@pytest.mark.parametrize("form", [as_markdown, as_latex, as_html, as_csv])
def test_every_table_has_every_form(form):
    tables = (study_table({}), runs_table({}), systems_table({}), estimates_table({}, title=""))

    assert all(form(table) for table in tables)
