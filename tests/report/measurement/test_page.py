import re
from html import unescape
from html.parser import HTMLParser

import pytest

from headct.report.measurement.page import measurement_page
from headct.report.measurement.sections import Shown
from headct.report.measurement.shown import shown_errors

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
