import re
from dataclasses import replace

from headct.measure.figures.files import as_svg
from headct.report.measurement.drawings import GROUPS, RUNS, VOLUMES, VOTES, drawings

SHARES = ("sensitivity", "specificity")


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


def test_titles_tell_the_intervals_that_were_asked_for(readers, measured):
    wanted = replace(measured, settings=replace(measured.settings, confidence=0.9))

    titles = [one.figure.get_suptitle() for one in (*drawings(readers), *drawings(wanted))]

    told = [title for title in titles if "intervals" in title.replace("\n", " ")]
    assert len(told) > 5
    assert all("90 %" in title.replace("\n", " ") for title in told)


def test_calls_are_drawn_without_calibration_and_decision(readers):
    names = [one.name for one in drawings(readers)]

    assert any(name.startswith("roc") for name in names)
    assert not any(name.startswith(("calibration", "decision")) for name in names)


def test_a_decision_at_a_stated_prevalence_says_so(measured, lone):
    titles = [
        one.figure.get_suptitle()
        for each in (measured, lone)
        for one in drawings(each)
        if one.name == "decision-patient-any-hemorrhage"
    ]

    assert ["prevalence of 0.1" in title for title in titles] == [True, False]


def test_a_group_of_few_has_no_area_drawn(measured):
    def few(label):
        groups = [
            replace(one, is_few=True, scores={n: one.scores[n] for n in SHARES})
            for one in label.groups
        ]
        return replace(label, groups=tuple(groups))

    system = measured.systems[0]
    levels = tuple(
        replace(one, labels=tuple(few(label) for label in one.labels)) for one in system.levels
    )
    drawn = [
        one.name for one in drawings(replace(measured, systems=(replace(system, levels=levels),)))
    ]

    assert any(name.startswith("groups-sensitivity") for name in drawn)
    assert not any(name.startswith("groups-auc") for name in drawn)
