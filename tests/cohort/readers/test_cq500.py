import csv
import shutil

import numpy as np
import pandas as pd
import pytest

from headct.cohort.doubt import Kind
from headct.cohort.images import open_case
from headct.cohort.open import open_cohort
from headct.cohort.readers.cq500 import LABEL_OF, read_votes
from headct.core.errors import CohortError

COLUMNS = [f"R{reader}:{finding}" for reader in (1, 2, 3) for finding in (*LABEL_OF, "Fracture")]


def table(tmp_path, *rows, columns=COLUMNS):
    """A table of studies: name, and what readers say of ICH; all else is 0."""
    path = tmp_path / "reads.csv"
    said = [
        [name, "B1", *(ich[int(c[1]) - 1] if c.endswith(":ICH") else "0" for c in columns)]
        for name, ich in rows
    ]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["name", "Category", *columns], *said])
    return path


def with_folders(tmp_path, *rows):
    path = table(tmp_path, *rows)
    for name, _ in rows:
        number = name.removeprefix("CQ500-CT-")
        (tmp_path / f"CQ500CT{number} CQ500CT{number}" / "Unknown Study").mkdir(
            parents=True, exist_ok=True
        )
    return path.parent


def test_labels_are_what_most_readers_say_as_pandas_counts_them(cq500_cohort):
    rows = pd.read_csv(cq500_cohort / "reads.csv", index_col="name")

    found = open_cohort(cq500_cohort)

    assert found.kind == "cq500"
    assert [case.patient for case in found.cohort.cases] == list(rows.index)
    conflicts = {(doubt.patient, doubt.label) for doubt in found.doubts}
    for case in found.cohort.cases:
        for finding, label in LABEL_OF.items():
            said = rows.loc[case.patient, [f"R{reader}:{finding}" for reader in (1, 2, 3)]]
            assert case.labels[label] is bool(said.mean() > 0.5)
            assert ((case.patient, label) in conflicts) == (said.nunique() > 1)


def test_the_thick_series_is_read_where_a_thin_one_lies_beside_it(cq500_cohort):
    with (cq500_cohort / "truth.csv").open() as file:
        slices = {row["patient"]: int(row["slices"]) for row in csv.DictReader(file)}

    for case in open_cohort(cq500_cohort).cohort.cases:
        opened = open_case(case)

        # The first series is the thick one, and the truth counts its slices.
        assert opened.volume.grid.shape[0] == slices[case.patient]
        assert opened.series.first.thickness_mm >= 2.5
        assert any("another was preferred" in refusal.reason for refusal in opened.refused)


def test_votes_are_there_for_kappa_with_what_was_not_said(tmp_path):
    path = table(tmp_path, ("CQ500-CT-1", "110"), ("CQ500-CT-2", ("1", "", "0")))

    votes = read_votes(path)

    assert votes.names == ("CQ500-CT-1", "CQ500-CT-2")
    assert votes.findings == (*LABEL_OF, "Fracture")
    assert votes.votes.shape == (3, 2, 7)
    np.testing.assert_array_equal(votes.ratings("ICH"), [[1, 1, 0], [1, np.nan, 0]])
    with pytest.raises(ValueError, match="no finding 'Stroke'"):
        votes.ratings("Stroke")


@pytest.mark.parametrize(
    ("said", "label", "is_told"),
    [
        ("111", True, False),
        ("000", False, False),
        ("110", True, True),
        ("001", False, True),
        (("1", "0", ""), None, True),
        (("1", "", ""), True, False),
        (("", "", ""), None, False),
    ],
)
def test_a_majority_settles_it_and_a_split_vote_is_told(tmp_path, said, label, is_told):
    path = with_folders(tmp_path, ("CQ500-CT-1", said), ("CQ500-CT-2", "000"))

    found = open_cohort(path)

    case = found.cohort.cases[0]
    assert case.labels["any_hemorrhage"] is label
    told = [(doubt.kind, doubt.label, doubt.blocks) for doubt in found.doubts]
    assert told == [(Kind.CONFLICT, "any_hemorrhage", False)] * is_told


def test_studies_without_a_folder_and_folders_without_a_row_are_counted(tmp_path):
    path = with_folders(tmp_path, *((f"CQ500-CT-{n}", "000") for n in range(5)))
    shutil.rmtree(path / "CQ500CT3 CQ500CT3")
    (path / "CQ500CT77 CQ500CT77").mkdir()

    found = open_cohort(path)

    assert len(found.cohort.cases) == 4
    absent, unlisted = found.doubts
    assert (absent.kind, absent.count) == (Kind.NO_IMAGES, 1)
    assert "line 5" in absent.told
    assert (unlisted.kind, unlisted.count) == (Kind.NOT_LISTED, 1)


def test_studies_may_lie_in_folders_of_batches_but_not_twice(tmp_path):
    path = with_folders(tmp_path, ("CQ500-CT-1", "000"))
    (path / "batch").mkdir()
    (path / "CQ500CT1 CQ500CT1").rename(path / "batch" / "CQ500CT1 CQ500CT1")

    assert open_cohort(path).cohort.cases[0].path.parent.name == "batch"

    (path / "CQ500CT1").mkdir()
    with pytest.raises(CohortError, match="two folders"):
        open_cohort(path)


def test_a_row_twice_counts_once_and_one_that_differs_is_told_with_both_lines(tmp_path):
    path = with_folders(tmp_path, ("CQ500-CT-1", "110"), ("CQ500-CT-1", "110"))

    found = open_cohort(path)

    assert len(found.cohort.cases) == 1
    assert found.doubts[0].kind is Kind.REPEATED_ROW
    table(tmp_path, ("CQ500-CT-1", "110"), ("CQ500-CT-2", "000"), ("CQ500-CT-1", "111"))
    with pytest.raises(CohortError, match=r"reads\.csv, line 4: the same study as in line 2"):
        open_cohort(path)


def test_a_vote_that_is_none_is_told_with_its_line(tmp_path):
    path = table(tmp_path, ("CQ500-CT-1", "000"), ("CQ500-CT-2", "020"))

    with pytest.raises(CohortError, match=r"reads\.csv, line 3: column R2:ICH"):
        read_votes(path)


@pytest.mark.parametrize("columns", [COLUMNS[:-1], [*COLUMNS[1:], "R1:Other"], ["R1:ICH"]])
def test_columns_that_are_not_the_same_for_each_reader_are_refused(tmp_path, columns):
    path = table(tmp_path, ("CQ500-CT-1", "000"), columns=columns)

    with pytest.raises(CohortError, match=r"reads\.csv, line 1"):
        read_votes(path)
