import csv
import hashlib
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pydicom
import pytest
from bench.cohort import write_labels

from headct.cohort.doubt import Kind
from headct.cohort.images import open_case
from headct.cohort.open import open_cohort
from headct.cohort.readers.rsna_labels import LABELS, read_labels
from headct.core.errors import CohortError
from headct.core.labels import HEMORRHAGE_SUBTYPES

TABLE = "stage_2_train.csv"
SIX = ("epidural", "intraparenchymal", "intraventricular", "subarachnoid", "subdural", "any")


def copy_of(cohort, tmp_path):
    out = tmp_path / "cohort"
    shutil.copytree(cohort, out)
    return out


def labels(tmp_path, *rows, header="ID,Label"):
    path = tmp_path / TABLE
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def block(name, **there):
    return [f"{name}_{subtype},{int(there.get(subtype, 0))}" for subtype in SIX]


def test_studies_and_labels_are_those_of_the_truth(rsna_cohort):
    with (rsna_cohort / "truth.csv").open() as file:
        truth = list(csv.DictReader(file))
    by_patient = {
        # The set's own PatientID, hashed by another hand.
        hashlib.sha256(f"ID_{int(row['patient']):08x}".encode()).hexdigest()[:16]: row
        for row in truth
    }

    found = open_cohort(rsna_cohort)

    assert found.kind == "rsna"
    assert found.doubts == ()
    assert {case.patient for case in found.cohort.cases} == set(by_patient)
    for case in found.cohort.cases:
        row = by_patient[case.patient]
        there = {name for name in HEMORRHAGE_SUBTYPES if float(row[f"{name}_ml"]) > 0}
        assert {name for name, value in case.labels.items() if value} - {"any_hemorrhage"} == there
        assert case.labels["any_hemorrhage"] is (row["is_diseased"] == "1")
        assert len(case.files) == int(row["slices"])


def test_slices_lie_in_order_of_height_with_the_labels_that_pandas_reads(rsna_cohort):
    rows = pd.read_csv(rsna_cohort / TABLE, index_col="ID")["Label"]

    for case in open_cohort(rsna_cohort).cohort.cases:
        heights = [float(pydicom.dcmread(f).ImagePositionPatient[2]) for f in case.files]
        assert heights == sorted(heights)
        assert tuple(file.name for file in case.files) == case.slice_labels.files
        for column, name in enumerate(case.slice_labels.labels):
            written = "any" if name == "any_hemorrhage" else name
            expected = [rows[f"{file.stem}_{written}"] for file in case.files]
            assert case.slice_labels.values[:, column].tolist() == expected


def test_the_scan_of_a_study_opens_with_a_label_for_each_slice(rsna_cohort):
    case = next(c for c in open_cohort(rsna_cohort).cohort.cases if c.labels["any_hemorrhage"])

    opened = open_case(case)

    files = [source.file for source in opened.volume.sources]
    assert case.slice_labels.of(files).min() >= 0
    assert len(files) == len(case.files)


@pytest.mark.parametrize(
    "layout",
    [
        "stage_2_train_images",
        "stage_2_train/stage_2_train",
        "stage_2_train_images/stage_2_train_images",
    ],
)
def test_the_folders_of_every_archive_are_known(rsna_cohort, tmp_path, layout):
    out = tmp_path / "rsna-intracranial-hemorrhage-detection"
    (out / layout).parent.mkdir(parents=True)
    shutil.copytree(rsna_cohort / "stage_2_train", out / layout)
    shutil.copy(rsna_cohort / TABLE, out)

    found = [open_cohort(place).cohort for place in (tmp_path, out, out / TABLE)]

    assert [len(cohort.cases) for cohort in found] == [2, 2, 2]


def test_ids_without_files_and_files_without_ids_are_counted(rsna_cohort, tmp_path):
    out = copy_of(rsna_cohort, tmp_path)
    names = sorted(path.stem for path in (out / "stage_2_train").iterdir())
    (out / "stage_2_train" / f"{names[0]}.dcm").unlink()
    text = (out / TABLE).read_text().splitlines()
    line = 1 + next(i for i, row in enumerate(text) if row.startswith(names[0]))
    (out / TABLE).write_text("\n".join(r for r in text if not r.startswith(names[1])) + "\n")
    moved = line - 6 * any(row.startswith(names[1]) for row in text[:line])

    found = open_cohort(out)

    told = {doubt.kind: doubt for doubt in found.doubts}
    assert told[Kind.NO_IMAGES].count == told[Kind.NOT_LISTED].count == 1
    assert f"(line {moved})" in told[Kind.NO_IMAGES].told
    case = next(c for c in found.cohort.cases if f"{names[1]}.dcm" in c.slice_labels.files)
    row = case.slice_labels.files.index(f"{names[1]}.dcm")
    assert case.slice_labels.values[row].tolist() == [-1] * 6
    assert False not in case.labels.values()


def test_a_damaged_file_and_one_without_a_patient_are_left_out_and_told(rsna_cohort, tmp_path):
    out = copy_of(rsna_cohort, tmp_path)
    first, second, *_ = sorted((out / "stage_2_train").iterdir())
    first.write_bytes(b"no image")
    nameless = pydicom.dcmread(second)
    nameless.PatientID = nameless.PatientName = nameless.PatientBirthDate = ""
    nameless.save_as(second)

    found = open_cohort(out)

    counts = {doubt.kind: doubt.count for doubt in found.doubts}
    assert counts == {Kind.UNREADABLE: 1, Kind.NO_PATIENT: 1}
    files = {file for case in found.cohort.cases for file in case.files}
    assert files.isdisjoint({first, second})


def test_labels_are_those_that_pandas_reads(tmp_path):
    path = tmp_path / TABLE
    write_labels(path, slices=3000, repeated=3, seed=4)
    rows = pd.read_csv(path)
    rows[["slice", "subtype"]] = rows.ID.str.rsplit("_", n=1, expand=True)
    expected = rows.drop_duplicates("ID").pivot(index="slice", columns="subtype", values="Label")

    table, (doubt,) = read_labels(path)

    assert list(LABELS) == [*SIX[:-1], "any_hemorrhage"]
    places = table.find(list(expected.index))
    assert np.array_equal(table.values[places], expected[list(SIX)].to_numpy())
    firsts = rows.drop_duplicates("slice")
    assert table.lines[table.find(list(firsts["slice"]))].tolist() == (firsts.index + 2).tolist()
    assert doubt.kind is Kind.REPEATED_ROW
    assert doubt.count == int(rows.ID.duplicated().sum()) == 18


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", ["", "\n\n"])
def test_line_ends_of_every_system_are_read(tmp_path, ending, mark, last):
    path = tmp_path / TABLE
    rows = [*block("ID_0a"), *block("ID_00a", subdural=1, any=1)]
    text = mark + ending.join(["ID,Label", *rows]) + last.replace("\n", ending)
    path.write_bytes(text.encode())

    table, doubts = read_labels(path)

    assert doubts == ()
    assert table.find(["ID_0a", "ID_00a", "ID_a", "0a", "ID_zz", "x"]).tolist()[2:] == [-1] * 4
    assert table.values[table.find(["ID_00a"])[0]].tolist() == [0, 0, 0, 0, 1, 1]
    assert table.values[table.find(["ID_0a"])[0]].tolist() == [0] * 6


def test_a_label_without_a_row_is_not_known(tmp_path):
    table, (doubt,) = read_labels(labels(tmp_path, *block("ID_1")[:4]))

    assert table.values.tolist() == [[0, 0, 0, 0, -1, -1]]
    assert (doubt.kind, doubt.count) == (Kind.NO_LABEL, 2)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("ID_2_any,2", "the label is not 0 or 1"),
        ("ID_2_any,", "the label is not 0 or 1"),
        ("ID_2_any,01", "the label is not 0 or 1"),
        ("ID_2_any,x", "the label is not 0 or 1"),
        ("ID_2_any", "expected two cells"),
        ("ID_2_any,0,1", "expected two cells"),
        (",", "the label is not 0 or 1"),
        ("", "expected two cells"),
        ("ID_2_stroke,0", "unknown subtype"),
        ("ID_2,0", "unknown subtype"),
        ("any,0", "unknown subtype"),
        ("ID__any,0", "bad ID"),
        ("_any,0", "bad ID"),
        ("ID_2G_any,0", "bad ID"),
        ("ID_2A_any,0", "bad ID"),
        ("XX_2_any,0", "bad ID"),
        ("ID_123456789abcdef_any,0", "bad ID"),
        ("ID_2_x_any,0", "bad ID"),
    ],
)
def test_a_row_that_is_none_is_told_with_its_line(tmp_path, row, said):
    path = labels(tmp_path, *block("ID_1"), row, *block("ID_3"))

    with pytest.raises(CohortError, match=rf"{TABLE}, line 8: {said}"):
        read_labels(path)


def test_rows_that_stand_twice_and_agree_count_once(tmp_path):
    path = labels(tmp_path, *block("ID_1", any=1), *block("ID_2"), "ID_1_any,1", "ID_2_any,0")

    table, (doubt,) = read_labels(path)

    assert table.values[table.find(["ID_1"])[0]].tolist() == [0, 0, 0, 0, 0, 1]
    assert doubt.count == 2
    assert "lines 14, 15" in doubt.told


def test_rows_that_contradict_each_other_are_told_with_both_lines(tmp_path):
    path = labels(tmp_path, *block("ID_1"), *block("ID_2"), "ID_2_any,0", "ID_1_any,1")

    with pytest.raises(CohortError, match=rf"{TABLE}, lines 7 and 15: .*two labels"):
        read_labels(path)


@pytest.mark.parametrize("text", ["", "ID,Label", "ID,Label\n\n", "name,Label\nID_1_any,0\n"])
def test_a_file_without_header_or_rows_is_refused(tmp_path, text):
    path = tmp_path / TABLE
    path.write_text(text)

    with pytest.raises(CohortError, match=TABLE):
        read_labels(path)


@pytest.mark.slow
def test_the_whole_label_file_takes_seconds_and_little_memory(tmp_path):
    path = tmp_path / TABLE
    write_labels(path, slices=752_803, repeated=4, seed=1)
    code = (
        "import resource, sys, time; from pathlib import Path; "
        "from headct.cohort.readers.rsna_labels import read_labels; start = time.perf_counter(); "
        "read_labels(Path(sys.argv[1])); print(time.perf_counter() - start, "
        "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, path], check=True, capture_output=True, text=True
    )

    seconds, peak_kb = map(float, done.stdout.split())
    assert seconds < 20
    assert peak_kb < 2e6
