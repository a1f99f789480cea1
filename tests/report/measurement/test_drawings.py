import re

from headct.measure.figures.files import as_svg
from headct.report.measurement.drawings import GROUPS, RUNS, VOLUMES, VOTES, drawings


def test_every_kind_of_figure_is_drawn_once_under_a_name_for_files(measured):
    drawn = [(one.name, one.section) for one in drawings(measured)]

    names = [name for name, _ in drawn]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", name) for name in names)
    sections = {section for _, section in drawn}
    assert sections == {
        *("patient", "patient-1", "patient-2", "slice", "slice-1", "slice-2"),
        *(GROUPS, VOTES, VOLUMES, RUNS),
    }


def test_a_label_of_too_few_patients_is_not_drawn(lone):
    texts = [as_svg(one.figure, "f").lower() for one in drawings(lone)]

    assert any("hemorrhage" in text for text in texts)
    assert not any("epidural" in text for text in texts)


def test_masks_are_drawn_as_volumes(measured_masks):
    assert {one.section for one in drawings(measured_masks)} == {VOLUMES}
