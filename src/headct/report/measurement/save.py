"""A measurement as a folder of files: all of them, or none."""

from collections.abc import Mapping
from pathlib import Path

from headct.core.output import all_or_nothing
from headct.core.record import Record
from headct.measure.evaluate.measurement import Measurement
from headct.measure.figures.files import as_svg, save
from headct.report.measurement.as_json import MEASUREMENT_NAME, as_json
from headct.report.measurement.contents import full_tables
from headct.report.measurement.drawings import drawings
from headct.report.measurement.other_tables import Listed, case_list, error_list
from headct.report.measurement.page import measurement_page
from headct.report.measurement.sections import Shown
from headct.report.measurement.tables import FORMS, as_csv

REPORT_NAME = "report.html"
FIGURES, TABLES = "figures", "tables"
ERRORS_NAME, CASES_NAME = "worst_errors", "mask_cases"


def save_measurement(
    measurement: Measurement,
    out: Path,
    record: Record,
    pictures: Mapping[tuple[str, ...], bytes] | None = None,
) -> None:
    """Write report.html, measurement.json, figures/ and tables/.

    Identifiers of patients stand in tables/worst_errors.csv and tables/mask_cases.csv alone: the
    page refers to errors by the numbers they have there.

    Args:
        measurement: what was measured.
        out: a folder to make.
        record: of the run.
        pictures: JPEGs as ``gallery.pictures_of`` gives them; None or none where no images were
            given.

    Raises:
        OutputError: the folder holds something, or cannot be written.
    """
    with all_or_nothing(out) as folder:
        (folder / TABLES).mkdir()
        (folder / FIGURES).mkdir()
        for name, table in full_tables(measurement).items():
            for ending, write in FORMS.items():
                _write(folder / TABLES / f"{name}.{ending}", write(table))
        _list(folder / TABLES / ERRORS_NAME, error_list(measurement))
        if measurement.masks is not None:
            _list(folder / TABLES / CASES_NAME, case_list(measurement.masks))
        shown: list[Shown] = []
        for drawing in drawings(measurement):
            save(drawing.figure, folder / FIGURES, drawing.name)
            svg = as_svg(drawing.figure, drawing.name)
            shown.append(Shown(drawing.name, drawing.section, svg))
        page = measurement_page(measurement, record, shown, pictures or {})
        _write(folder / REPORT_NAME, page)
        _write(folder / MEASUREMENT_NAME, as_json(measurement, record))


def _list(path: Path, listed: Listed) -> None:
    if listed.rows:
        _write(path.with_suffix(".csv"), as_csv(listed.as_table()))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
