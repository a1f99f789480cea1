import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

import headct.measure.reading.parquet_file as parquet_file
from headct.core.errors import MeasureError
from headct.measure.reading.files import open_file, read_columns


def read(path, numbers=("epidural",)):
    return read_columns(open_file(path), ["patient"], numbers)


def write(tmp_path, patient, epidural):
    path = tmp_path / "p.parquet"
    parquet.write_table(pa.table({"patient": patient, "epidural": epidural}), path)
    return path


def test_what_pandas_writes_is_read_as_from_csv(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_file, "_CHUNK", 700)
    rng = np.random.default_rng(0)
    chances = rng.random(2500)
    chances[::7] = np.nan
    table = pd.DataFrame({"patient": rng.integers(0, 90, 2500), "epidural": chances})
    table.to_parquet(tmp_path / "p.parquet")
    table.to_csv(tmp_path / "p.csv", index=False)

    found, expected = read(tmp_path / "p.parquet"), read(tmp_path / "p.csv")

    assert found.texts["patient"].tolist() == expected.texts["patient"].tolist()
    np.testing.assert_array_equal(found.numbers["epidural"], expected.numbers["epidural"])
    assert found.places.tolist() == list(range(1, 2501))


@pytest.mark.parametrize(
    "patient",
    [
        pa.array(["a", " b ", "a"]),
        pa.array(["a", "b", "a"]).dictionary_encode(),
        pa.array(["a", "b", "a"], pa.large_string()),
    ],
    ids=["text", "categories", "large"],
)
@pytest.mark.parametrize(
    "epidural",
    [
        pa.array([1, 0, None], pa.int8()),
        pa.array([True, False, None]),
        pa.array([1.0, 0.0, None], pa.float32()),
    ],
    ids=["int", "bool", "float"],
)
def test_any_plain_type_of_column_is_read(tmp_path, patient, epidural):
    table = read(write(tmp_path, patient, epidural))

    assert table.texts["patient"].tolist() == ["a", "b", "a"]
    assert table.numbers["epidural"].tolist() == pytest.approx([1.0, 0.0, np.nan], nan_ok=True)


def test_a_column_of_nothing_is_read_as_not_known(tmp_path):
    table = read(write(tmp_path, pa.array(["a"]), pa.nulls(1)))

    assert np.isnan(table.numbers["epidural"]).all()


@pytest.mark.parametrize(
    ("patient", "epidural", "told"),
    [
        (["Novak"], ["0.5"], "p.parquet: column epidural is of type string; expected numbers"),
        ([1.5], [0.5], "p.parquet: column patient is of type double; expected text or whole"),
        (["Novak"], [float("nan")], "p.parquet, row 1: column epidural holds NaN or infinity"),
        (["Novak"] * 2, [0.5, float("inf")], "p.parquet, row 2: column epidural holds NaN or inf"),
    ],
)
def test_other_types_and_values_are_refused(tmp_path, patient, epidural, told):
    path = write(tmp_path, pa.array(patient), pa.array(epidural))

    with pytest.raises(MeasureError) as refused:
        read(path)

    assert str(refused.value).startswith(told)


def test_a_damaged_file_is_refused(tmp_path):
    path = write(tmp_path, pa.array(["Novak"]), pa.array([0.5]))
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(MeasureError, match=r"p\.parquet cannot be read as Parquet"):
        read(path)


def test_without_pyarrow_the_command_that_installs_it_is_told(tmp_path):
    path = write(tmp_path, pa.array(["Novak"]), pa.array([0.5]))
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path\n"
        "from headct.measure.reading.files import open_file\n"
        f"open_file(Path({str(path)!r}))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "MeasureError: p.parquet is Parquet, which needs pyarrow" in done.stderr
    assert "pip install 'headct[parquet]'" in done.stderr
