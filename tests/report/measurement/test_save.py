import csv
import json

import pytest

from headct.core.errors import OutputError
from headct.report.measurement.save import save_measurement

WITH_NAMES = "worst_errors.csv"


def test_a_folder_holds_page_figures_numbers_and_tables(saved):
    names = {path.name for path in saved.iterdir()}
    figures = {path.stem: set() for path in (saved / "figures").iterdir()}
    for path in (saved / "figures").iterdir():
        figures[path.stem].add(path.suffix)

    assert names == {"report.html", "measurement.json", "figures", "tables"}
    assert json.loads((saved / "measurement.json").read_text())["patients"] == 40
    assert all(kinds == {".svg", ".png"} for kinds in figures.values())
    for ending in ("csv", "md", "tex", "html"):
        assert (saved / "tables" / f"summary.{ending}").stat().st_size


def test_patients_are_named_in_the_list_of_errors_alone(saved):
    texts = {
        path.name: path.read_text(encoding="utf-8")
        for path in saved.rglob("*.*")
        if path.suffix in {".html", ".json", ".svg", ".csv", ".md", ".tex"}
    }

    assert [name for name, text in texts.items() if "Novak" in text] == [WITH_NAMES]


def test_the_page_and_the_list_have_the_same_errors_under_the_same_numbers(saved):
    rows = list(csv.DictReader((saved / "tables" / WITH_NAMES).open(encoding="utf-8")))
    page = (saved / "report.html").read_text(encoding="utf-8")

    for row in rows:
        line = f'<th scope="row" class="number">{row["number"]}</th>'
        assert f"{float(row['score']):.3f}" in page.split(line)[1].split("</tr>")[0]


def test_a_folder_that_holds_something_is_left_as_it_was(lone, record, tmp_path):
    (tmp_path / "mine.txt").write_text("kept")

    with pytest.raises(OutputError, match="holds files already"):
        save_measurement(lone, tmp_path, record)

    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_masks_are_saved_with_their_cases(measured_masks, record, tmp_path):
    save_measurement(measured_masks, tmp_path / "out", record)

    cases = list(csv.DictReader((tmp_path / "out" / "tables" / "mask_cases.csv").open()))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert [row["patient"] for row in cases] == ["Novak0", "Novak1"]
    assert "Novak" not in page
    assert "Dice 0.333" in page
