import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from headct.measure.estimate import Estimate
from headct.report.measurement import shown
from headct.report.measurement.page import measurement_page
from headct.report.measurement.sections import Shown
from headct.report.measurement.shown import listed_errors, page_errors, shown_errors

# Elements that end by themselves.
VOID = {"meta", "link", "img", "br", "input", "hr"}


class Nested(HTMLParser):
    """Whether every element that begins ends, in order; and all ids and links."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.ids, self.links = [], [], [], []

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        self.ids += [told["id"]] if "id" in told else []
        self.links += [told[name] for name in ("href", "src") if name in told]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture(scope="module")
def page(measured, record):
    figures = [Shown("roc-patient", "patient", "<svg><title>a curve</title></svg>")]
    return measurement_page(measured, record, figures)


def read(page):
    parser = Nested()
    parser.feed(page)
    return parser


def text_of(page):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.split("</style>")[1])).split())


def test_the_page_is_nested_right_and_its_ids_are_unique(page):
    parsed = read(page)

    assert (parsed.open, parsed.wrong) == ([], [])
    assert len(set(parsed.ids)) == len(parsed.ids)


def test_the_page_loads_nothing_and_runs_nothing(page):
    links = [link for link in read(page).links if not link.startswith(("#", "data:"))]

    assert links == []
    assert "<script" not in page
    assert "default-src 'none'" in unescape(page)


def test_every_link_within_the_page_leads_somewhere(page):
    parsed = read(page)

    assert {link[1:] for link in parsed.links if link.startswith("#")} <= set(parsed.ids)


def test_no_patient_is_named_and_names_of_sites_are_escaped(page):
    assert "Novak" not in page
    assert "<b>Nord" not in page
    assert "&lt;b&gt;Nord" in page


def test_the_answer_of_several_systems_is_their_range_and_says_so(page, measured):
    areas = [system.levels[1].labels[0].areas["auc"].value for system in measured.systems]

    assert f"AUC {min(areas):.3f} to {max(areas):.3f} over 4 systems" in text_of(page)


def test_the_answer_of_one_system_has_its_interval(lone, record):
    page = measurement_page(lone, record, [])

    auc = lone.systems[0].levels[1].labels[0].areas["auc"]
    told = text_of(page)
    assert f"AUC {auc.value:.3f}" in told
    assert f"95 % interval {auc.low:.3f} to {auc.high:.3f}, DeLong" in told


def test_warnings_stand_on_top(lone, record):
    told = text_of(measurement_page(lone, record, []))

    for warning in lone.warnings:
        assert told.index(warning) < told.index("At a glance")
    assert any("No validation was given" in warning for warning in lone.warnings)


def test_a_figure_stands_in_the_page_with_what_it_shows(page):
    assert "<title>a curve</title>" in page


def test_every_table_has_a_caption(page):
    assert page.count("<table") == page.count("<caption>")


def test_pictures_are_shown_and_those_not_found_are_counted(measured, record):
    names = list(dict.fromkeys(error.name for error in shown_errors(measured)))
    pictures = {name: b"\xff\xd8jpeg" if i else b"" for i, name in enumerate(names)}

    page = measurement_page(measured, record, [], pictures)

    assert f"1 of {len(names)} could not be found" in text_of(page)
    assert "data:image/jpeg;base64,/9hqcGVn" in page
    assert "no picture" in page
    assert "Novak" not in page


def test_without_images_errors_are_a_list(page):
    assert "could not be found" not in page
    assert "data:image/jpeg" not in page


def test_settings_and_record_are_told(page):
    told = text_of(page)

    assert "prevalence 0.1" in told
    assert "ab" * 32 in told
    assert "research use only" in told


def test_the_answer_of_readers_is_what_they_find_and_spare(readers, record):
    told = text_of(measurement_page(readers, record, []))

    # Of 20 ill they miss 2, 4 and 6.
    assert "Sensitivity 0.700 to 0.900, specificity 1.000 to 1.000 over 3 systems" in told
    assert "They are 3 models" in told
    assert "runs of 3" not in told


def test_an_area_without_an_interval_says_why(readers, record):
    one = replace(readers, systems=readers.systems[:1])
    perfect = replace(
        one.systems[0].levels[0].labels[0],
        is_calls=False,
        areas={
            "auc": Estimate(1.0, note="no interval: no case pulls, so the method sees no error"),
            "average_precision": Estimate(1.0),
        },
    )
    level = replace(one.systems[0].levels[0], labels=(perfect,))
    one = replace(one, systems=(replace(one.systems[0], levels=(level,)),))

    told = text_of(measurement_page(one, record, []))

    assert "No interval: positives and negatives are fully apart" in told
    assert "average precision of" not in told
    assert "average precision: no interval is made." in told


def test_validation_is_counted(page, lone, record):
    told = text_of(page)

    # 40 patients of 6 slices: every second bleeds.
    assert "240 rows of 40 patients, none of them measured here" in told
    assert "none of them measured here" not in text_of(measurement_page(lone, record, []))


def test_one_case_is_not_one_cases(measured_masks, record):
    told = text_of(measurement_page(replace(measured_masks, rows=1, patients=1), record, []))

    assert "1 case of 1 patient" in told
    assert "1 cases" not in told


def test_a_page_shows_no_more_errors_than_it_has_room_for(measured, record, monkeypatch):
    listed = sum(1 for _ in listed_errors(measured))
    monkeypatch.setattr(shown, "MOST_ON_PAGE", 4)

    numbers = [number for number, *_ in page_errors(measured)]
    told = text_of(measurement_page(measured, record, []))

    assert 0 < len(numbers) <= 4 < listed
    assert f"{len(numbers)} of its {listed} are shown here" in told
