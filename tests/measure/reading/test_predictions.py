import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headct.core.errors import MeasureError
from headct.measure.outcomes import UNKNOWN, Level
from headct.measure.reading.predictions import read_pair, read_with_validation

LABELS = ("epidural", "subdural")


def cohort(seed, patients=12):
    """Slices of studies of patients, with truth and a score that may be missing."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"Novak {patient}", f"S{patient}.{study}", str(slice_))
        for patient in range(patients)
        for study in range(rng.integers(1, 3))
        for slice_ in range(rng.integers(1, 5))
    ]
    table = pd.DataFrame(rows, columns=["patient", "study", "slice"])
    for label in LABELS:
        table[label] = rng.random(len(table)).round(6)
        table[f"{label}_truth"] = rng.integers(0, 2, len(table))
        table.loc[rng.random(len(table)) < 0.2, [f"{label}_truth"]] = np.nan
        table.loc[rng.random(len(table)) < 0.1, [label]] = np.nan
    table["site"] = [f"site {int(name.split()[1]) % 3}" for name in table["patient"]]
    return table


def save(folder, predictions, truth):
    files = folder / "predictions.csv", folder / "truth.csv"
    predictions.to_csv(files[0], index=False)
    truth.to_csv(files[1], index=False)
    return files


def truth_of(table, level="slice"):
    """Truth by slice, or gathered by pandas: any 1 is 1, else any empty is not known."""
    named = table.rename(columns={f"{label}_truth": f"{label}_t" for label in LABELS})
    named = named.drop(columns=list(LABELS)).rename(columns={f"{n}_t": n for n in LABELS})
    if level == "slice":
        return named
    keys = ["patient", "study"][: 2 if level == "study" else 1]
    return (
        named.groupby([*keys, "site"])[list(LABELS)]
        .agg(lambda one: 1.0 if (one == 1).any() else (np.nan if one.isna().any() else 0.0))
        .reset_index()
    )


def predicted(table, *identifiers):
    return table[[*identifiers, *LABELS]]


def as_truth(values):
    return np.where(np.isnan(values), UNKNOWN, values).astype(np.int8)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.sampled_from([("study", "slice"), ("patient", "study", "slice")]))
def test_rows_find_their_truth_in_any_order(tmp_path_factory, seed, identifiers):
    table = cohort(seed, patients=4).sample(frac=1, random_state=seed % 997)
    shuffled = table.sample(frac=1, random_state=seed % 1000)
    files = save(
        tmp_path_factory.mktemp("pair"),
        predicted(table, *identifiers),
        truth_of(shuffled).drop(columns=[] if len(identifiers) == 2 else ["patient"]),
    )

    (system,) = read_pair(*files, subgroups=["site"]).systems

    found = system.outcomes
    assert found.level is Level.SLICE
    assert found.names.tolist() == table[["patient", "study", "slice"]].to_numpy().tolist()
    np.testing.assert_array_equal(found.scores, table[list(LABELS)])
    expected = as_truth(table[[f"{label}_truth" for label in LABELS]].to_numpy())
    np.testing.assert_array_equal(found.truth, expected)
    assert found.groups["site"].tolist() == table["site"].tolist()
    # In order of their names: the same draws come in whatever order rows stand.
    assert found.patients.tolist() == pd.factorize(table["patient"], sort=True)[0].tolist()
    assert found.studies.tolist() == pd.factorize(table["study"], sort=True)[0].tolist()
    assert system.stated is None


@pytest.mark.parametrize("level", ["study", "patient"])
def test_truth_of_studies_or_patients_waits_for_slices_to_be_aggregated(tmp_path, level):
    table = cohort(1)
    truth = truth_of(table, level)
    files = save(tmp_path, predicted(table, "patient", "study", "slice"), truth)

    pair = read_pair(*files, subgroups=["site"])

    (system,) = pair.systems
    assert system.outcomes.groups["site"].tolist() == table["site"].tolist()

    firsts = np.unique(system.outcomes.patients, return_index=True)[1]
    expected = truth_of(table, "patient").set_index("patient").loc[system.outcomes.names[firsts, 0]]

    assert (system.outcomes.truth == UNKNOWN).all()
    assert system.stated.level == level
    np.testing.assert_array_equal(
        system.stated.by_patient, as_truth(expected[list(LABELS)].to_numpy())
    )
    assert pair.remarks == (f"truth.csv has rows by {level}: a slice has no truth of its own",)


def test_truth_of_a_study_holds_for_its_patients_other_study_only_where_it_is_negative(tmp_path):
    slices = pd.DataFrame(
        [["u", "1", "a"], ["u", "2", "b"], ["v", "3", "c"], ["w", "4", "d"], ["w", "5", "e"]],
        columns=["patient", "study", "slice"],
    ).assign(epidural=0.5)
    truth = pd.DataFrame({"patient": ["u", "v", "w"], "epidural": [1, 1, 0]})

    (system,) = read_pair(*save(tmp_path, slices, truth)).systems

    assert system.stated.by_study[system.outcomes.studies, 0].tolist() == [-1, -1, 1, 0, 0]
    assert system.stated.by_patient[system.outcomes.patients, 0].tolist() == [1, 1, 1, 0, 0]


@pytest.mark.parametrize("level", ["study", "patient"])
def test_truth_of_slices_is_gathered_for_coarser_predictions(tmp_path, level):
    table = cohort(2)
    expected = truth_of(table, level).sample(frac=1, random_state=0)
    keys = ["patient", "study"] if level == "study" else ["patient"]
    predictions = expected[keys].assign(epidural=0.5, subdural=0.25)

    pair = read_pair(*save(tmp_path, predictions, truth_of(table)), subgroups=["site"])

    (system,) = pair.systems
    np.testing.assert_array_equal(
        system.outcomes.truth, as_truth(expected[list(LABELS)].to_numpy())
    )
    assert system.outcomes.groups["site"].tolist() == expected["site"].tolist()
    assert pair.remarks[0].startswith(f"truth of a {level} is made from rows by slice: yes where")


def test_systems_in_one_file_are_read_each_in_the_order_of_the_first(tmp_path):
    table = cohort(3)
    slices = predicted(table, "study", "slice")
    runs = [
        slices.assign(model=model, run=run, epidural=table["epidural"] * scale)
        for model, run, scale in (("A", "1", 1.0), ("A", "2", 0.5), ("B", "1", 0.25))
    ]
    mixed = pd.concat([runs[0], pd.concat(runs[1:]).sample(frac=1, random_state=0)])

    systems = read_pair(*save(tmp_path, mixed, truth_of(table))).systems

    assert {(one.model, one.run) for one in systems} == {("A", "1"), ("A", "2"), ("B", "1")}
    for one in systems:
        scale = {("A", "1"): 1.0, ("A", "2"): 0.5, ("B", "1"): 0.25}[one.model, one.run]
        np.testing.assert_allclose(one.outcomes.scores[:, 0], table["epidural"] * scale)
        assert one.outcomes.names[:, 1].tolist() == table["study"].tolist()


def test_the_long_form_of_rsna_pairs_with_a_table_that_names_patients(tmp_path):
    long_form = tmp_path / "long.csv"
    long_form.write_text(
        "ID,Label\nID_a_any,0.9\nID_b_any,0.2\nID_a_epidural,0.7\nID_b_epidural,0\n"
    )
    truth = tmp_path / "truth.csv"
    truth.write_text("patient,slice,epidural\nu,ID_b,0\nu,ID_a,1\n")

    pair = read_pair(long_form, truth)

    (system,) = pair.systems
    assert system.outcomes.labels == ("any_hemorrhage", "epidural")
    assert system.outcomes.scores.tolist() == [[0.9, 0.7], [0.2, 0.0]]
    # Not known whether b has another subtype: the file has no column of it.
    assert system.outcomes.truth.tolist() == [[1, 1], [-1, 0]]
    assert pair.remarks == (
        (
            "any_hemorrhage of truth.csv is made from its subtypes: yes where one is, no where all "
            "five are not, else not known"
        ),
        "no file has a column study: each patient counts as one",
    )


def test_volumes_of_slices_add_up_to_their_study(tmp_path):
    slices = pd.DataFrame(
        {
            "study": ["x", "x", "y", "y", "z"],
            "slice": ["1", "2", "1", "2", "1"],
            "epidural_ml": [1.5, 2.0, 0.0, 0.25, None],
        }
    )
    truth = pd.DataFrame(
        {
            "patient": ["v", "u", "w"],
            "study": ["y", "x", "z"],
            "epidural_ml": [0.5, 4.0, 7.0],
            "abc2_ml": [0.75, 5.0, None],
        }
    )

    (system,) = read_pair(*save(tmp_path, slices, truth)).systems

    found = system.volumes
    order = found.names[:, 1].argsort()
    assert found.level is Level.STUDY
    assert found.names[order].tolist() == [["u", "x"], ["v", "y"], ["w", "z"]]
    np.testing.assert_array_equal(found.predicted_ml[order, 0], [3.5, 0.25, np.nan])
    assert found.true_ml[order, 0].tolist() == [4.0, 0.5, 7.0]
    np.testing.assert_array_equal(found.abc2_ml[order], [5.0, 0.75, np.nan])
    assert system.outcomes.labels == ()


def test_true_volumes_of_slices_add_up_too(tmp_path):
    studies = pd.DataFrame({"study": ["y", "x"], "epidural_ml": [3.0, 1.0], "abc2_ml": [2.0, 1.0]})
    slices = pd.DataFrame(
        {"patient": list("uuv"), "study": list("xxy"), "slice": list("121")}
    ).assign(epidural_ml=[1, 2, 9])

    (system,) = read_pair(*save(tmp_path, studies, slices)).systems

    order = system.volumes.names[:, 1].argsort()
    assert system.volumes.true_ml[order, 0].tolist() == [3.0, 9.0]
    assert system.volumes.predicted_ml[order, 0].tolist() == [1.0, 3.0]
    assert system.volumes.abc2_ml[order].tolist() == [1.0, 2.0]


def test_volumes_of_slices_in_both_files_are_summed_over_the_same_slices(tmp_path):
    slices = pd.DataFrame(
        {"patient": list("vuuv"), "study": list("yxxy"), "slice": list("2121")}
    ).assign(epidural_ml=[1.0, 2.0, 4.0, 8.0])
    truth = slices.assign(epidural_ml=[0.5, 0.25, 0.0, 4.0])[::-1]

    (system,) = read_pair(*save(tmp_path, slices, truth)).systems

    assert system.volumes.names.tolist() == [["u", "x"], ["v", "y"]]
    assert system.volumes.predicted_ml.tolist() == [[6.0], [9.0]]
    assert system.volumes.true_ml.tolist() == [[0.25], [4.5]]


def test_each_system_has_its_own_volumes_and_abc2(tmp_path):
    said = pd.DataFrame({"patient": list("uvuv"), "run": list("1122")}).assign(
        epidural_ml=[1.0, 2.0, 3.0, 4.0], abc2_ml=[10.0, 20.0, 30.0, 40.0]
    )
    truth = pd.DataFrame({"patient": ["v", "u"], "epidural_ml": [6.0, 5.0]})

    first, second = (one.volumes for one in read_pair(*save(tmp_path, said, truth)).systems)

    assert (first.level, second.level) == (Level.PATIENT, Level.PATIENT)
    assert first.predicted_ml.tolist() == [[1.0], [2.0]]
    assert second.predicted_ml.tolist() == [[3.0], [4.0]]
    assert first.true_ml.tolist() == second.true_ml.tolist() == [[5.0], [6.0]]
    assert (first.abc2_ml.tolist(), second.abc2_ml.tolist()) == ([10.0, 20.0], [30.0, 40.0])


@pytest.mark.parametrize("is_turned", [False, True])
def test_volumes_by_patient_are_refused_for_a_patient_of_two_studies(tmp_path, is_turned):
    studies = pd.DataFrame({"patient": ["u", "u"], "study": ["x", "y"], "epidural_ml": [1.0, 2.0]})
    patients = pd.DataFrame({"patient": ["u"], "epidural_ml": [3.0]})
    tables = (patients, studies) if is_turned else (studies, patients)
    file = "truth" if is_turned else "predictions"

    with pytest.raises(MeasureError, match=rf"{file}\.csv, lines 2, 3: two studies of one"):
        read_pair(*save(tmp_path, *tables))


def test_truth_without_predictions_is_refused_or_counted(tmp_path):
    table = cohort(4)
    some = predicted(table, "patient", "study", "slice")[5:]
    files = save(tmp_path, some, truth_of(table))

    with pytest.raises(MeasureError, match=r"truth\.csv, lines 2, 3, 4, …: no prediction for 5 of"):
        read_pair(*files)
    pair = read_pair(*files, subset=True)

    assert len(pair.systems[0].outcomes) == len(table) - 5
    (left,) = (one for one in pair.left_out if "rows of truth" in one.what)
    assert left.count == 5
    assert str(left) == (
        f"5 of {len(table)} rows of truth.csv: nothing was predicted of them (lines 2, 3, 4, …)"
    )


def test_what_is_not_measured_is_told(tmp_path):
    table = pd.DataFrame({"patient": ["u"], "epidural": [0.5], "subdural": [0.5], "notes": ["x"]})
    truth = pd.DataFrame({"patient": ["u"], "epidural": [1], "leukoencephalopathy": [1]})

    pair = read_pair(*save(tmp_path, table, truth))

    assert [str(one) for one in pair.left_out] == [
        "1 columns of predictions.csv: not used: notes",
        "subdural of predictions.csv: not measured, as truth.csv has no such column",
        "leukoencephalopathy of truth.csv: not measured, as predictions.csv has no such column",
    ]


@pytest.mark.parametrize(
    ("predictions", "truth", "subgroups", "told"),
    [
        ("patient,epidural\nNovak,0.5", "patient,subdural\nNovak,1", (), "no label in common"),
        ("slice,epidural\nNovak,0.5", "slice,epidural\nNovak,1", (), "neither .* a column patient"),
        (
            "patient,epidural\nNovak,0.5",
            "patient,epidural,sex\nNovak,1,F",
            ("site",),
            "no column site in truth.csv, nor in predictions.csv, .* not used: sex",
        ),
        ("patient,epidural\nNovak,0.5", "patient,epidural\nNovak,1", ("patient",), "subgroup pat"),
        (
            "patient,epidural_ml,abc2_ml\nNovak,1,1",
            "patient,epidural_ml,abc2_ml\nNovak,1,1",
            (),
            "both predictions.csv and truth.csv have a column abc2_ml",
        ),
        (
            "study,slice,epidural\nNovak x,1,0.5\nNovak x,2,0.5",
            "patient,slice,epidural\nNovak,1,0\nNovak J,2,0",
            (),
            "lines 2, 3: one study with two patients",
        ),
    ],
)
def test_pairs_that_cannot_be_measured_are_refused(tmp_path, predictions, truth, subgroups, told):
    (tmp_path / "predictions.csv").write_text(predictions)
    (tmp_path / "truth.csv").write_text(truth)

    with pytest.raises(MeasureError, match=told) as refused:
        read_pair(tmp_path / "predictions.csv", tmp_path / "truth.csv", subgroups=subgroups)

    assert "Novak" not in str(refused.value)


def test_parquet_and_csv_give_the_same(tmp_path):
    table = cohort(5)
    predictions, truth = predicted(table, "patient", "study", "slice"), truth_of(table)
    files = save(tmp_path, predictions, truth)
    predictions.to_parquet(tmp_path / "predictions.parquet")
    truth.to_parquet(tmp_path / "truth.parquet")

    (expected,) = read_pair(*files).systems
    (found,) = read_pair(tmp_path / "predictions.parquet", tmp_path / "truth.parquet").systems

    np.testing.assert_array_equal(found.outcomes.scores, expected.outcomes.scores)
    np.testing.assert_array_equal(found.outcomes.truth, expected.outcomes.truth)
    assert found.outcomes.names.tolist() == expected.outcomes.names.tolist()


def halves(folder, table, models=("A", "B")):
    """Predictions of half of the patients, of the others, and truth of all."""
    slices = predicted(table, "patient", "study", "slice")
    named = pd.concat([slices.assign(model=model) for model in models])
    is_test = named["patient"].isin(table["patient"].unique()[::2])
    files = folder / "test.csv", folder / "validation.csv", folder / "truth.csv"
    named[is_test].to_csv(files[0], index=False)
    named[~is_test].sort_values("model", ascending=False).to_csv(files[1], index=False)
    truth_of(table).to_csv(files[2], index=False)
    return files


def test_validation_is_read_beside_with_its_own_truth(tmp_path):
    table = cohort(6)
    test, validation, truth = halves(tmp_path, table)

    pairs = read_with_validation((test, validation), truth, subgroups=["site"])

    is_test = table["patient"].isin(table["patient"].unique()[::2])
    for pair, part in zip(pairs, (table[is_test], table[~is_test]), strict=True):
        assert [system.model for system in pair.systems] == ["A", "B"]
        outcomes = pair.systems[1].outcomes
        order = np.lexsort(outcomes.names.T.astype(str))
        expected = part.iloc[
            np.lexsort(part[["patient", "study", "slice"]].to_numpy().T.astype(str))
        ]
        np.testing.assert_array_equal(outcomes.scores[order], expected[list(LABELS)])
        values = as_truth(expected[[f"{label}_truth" for label in LABELS]].to_numpy())
        np.testing.assert_array_equal(outcomes.truth[order], values)
        assert pair.left_out == ()


def test_a_patient_of_both_test_and_validation_is_refused(tmp_path):
    test, _, truth = halves(tmp_path, cohort(6))

    with pytest.raises(
        MeasureError, match=r"test\.csv, lines 2, 3, 4, …: 6 patients are in"
    ) as leak:
        read_with_validation((test, test), truth)

    assert "Novak" not in str(leak.value)


def test_validation_of_other_systems_is_refused(tmp_path):
    table = cohort(6)
    test, validation, truth = halves(tmp_path, table)
    one = pd.read_csv(validation).query("model == 'A'")
    one.to_csv(validation, index=False)

    with pytest.raises(MeasureError, match=r"the same systems .* got 2 and 1 systems"):
        read_with_validation((test, validation), truth)


def test_truth_that_neither_file_asks_for_is_refused_or_counted(tmp_path):
    table = cohort(6)
    test, validation, _ = halves(tmp_path, table)
    more = pd.concat([truth_of(table), truth_of(table)[:2].assign(patient="X", study="X")])
    truth = tmp_path / "more.csv"
    more.to_csv(truth, index=False)

    with pytest.raises(MeasureError, match=r"more\.csv, lines .*: no prediction for 2 of"):
        read_with_validation((test, validation), truth)
    pair, beside = read_with_validation((test, validation), truth, subgroups=["site"], subset=True)

    assert [one.count for one in (*pair.left_out, *beside.left_out)] == [2]
