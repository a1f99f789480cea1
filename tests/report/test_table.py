import csv

import pytest

from headct.report.table import write_slices


def read(answer, folder):
    path = folder / "slices.csv"
    write_slices(answer, path)
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_each_slice_has_a_row_with_its_source_place_and_milliliters(uneven, tmp_path):
    rows = read(uneven, tmp_path)

    assert [row["index"] for row in rows] == [str(i) for i in range(8)]
    assert (rows[3]["slice"], rows[3]["file"], rows[3]["frame"]) == ("4", "IM03", "1")
    assert rows[3]["sop_instance_uid"] == "1.2.826.0.1.3"
    # The cell of the slice reaches half of 4.00 mm down and half of 1.08 mm up.
    assert float(rows[3]["height_mm"]) == pytest.approx(2.54, abs=1e-3)
    assert float(rows[3]["intraparenchymal_ml"]) == pytest.approx(
        66 * 3.5 * 3.0 * 2.54 / 1000, abs=1e-4
    )
    assert float(rows[4]["position_mm"]) - float(rows[3]["position_mm"]) == pytest.approx(1.08)
    assert float(rows[0]["subdural_ml"]) == 0


def test_without_spacing_a_row_counts_pixels_and_gives_no_mm(unmeasured, tmp_path):
    rows = read(unmeasured, tmp_path)

    assert rows[3]["intraparenchymal_pixels"] == "66"
    assert (rows[3]["position_mm"], rows[3]["height_mm"]) == ("", "")


def test_a_scan_without_a_mask_has_no_column_for_labels(clear, tmp_path):
    rows = read(clear, tmp_path)

    assert list(rows[0])[-1] == "height_mm"
