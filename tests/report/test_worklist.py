"""The order of a list, its table and its page."""

import csv
import json
import re

from headct.core.errors import Refusal
from headct.core.finding import Finding, Prediction
from headct.report.save import save
from headct.report.worklist import Line, Listed, Standing, line_of
from headct.report.worklist_page import write_worklist


def test_what_is_not_known_stands_before_what_is_not_there():
    lines = {
        "surer": Line("surer", present=True, score=0.9),
        "found": Line("found", present=True, score=0.4),
        "undecided": Line("undecided", present=None, score=0.95),
        "disputed": Line("disputed", present=False, score=0.2, cross_check=True),
        "unread": Line("unread", refused="cut off"),
        "nearly": Line("nearly", present=False, score=0.3),
        "nothing": Line("nothing", present=False, score=0.1),
        "knee": Line("knee", refused="no axial head", is_head=False),
    }

    ordered = Listed(tuple(reversed(lines.values()))).lines

    assert [line.study for line in ordered] == list(lines)


def test_scores_that_print_alike_are_ordered_by_millilitres():
    lines = (
        Line("small", present=True, score=0.998, volume_ml=2.0),
        Line("large", present=True, score=0.996, volume_ml=40.0),
        Line("less sure", present=True, score=0.90, volume_ml=90.0),
    )

    ordered = Listed(lines).lines

    assert [line.study for line in ordered] == ["large", "small", "less sure"]


def test_a_line_survives_json():
    line = Line("a", 3, found=("subdural",), warnings=("one", "two"), score=0.25, is_head=False)

    again = Line.of(json.loads(json.dumps(line.as_dict())))

    assert again == line


def test_an_answer_is_ranked_by_hemorrhage_whatever_else_was_found(make):
    findings = (
        Finding("subdural", True, score=0.9, threshold=0.5),
        Finding("any_hemorrhage", True, score=0.8, threshold=0.5, volume_ml=12.0),
    )
    checked = Prediction("classical", "1", (Finding("any_hemorrhage", False, volume_ml=0.0),))
    answer = make["tell"](make["head"](), findings=findings, cross_check=checked)

    line = line_of("a", 1, answer, "studies/0001")

    assert (line.label, line.score, line.volume_ml) == ("any_hemorrhage", 0.8, 12.0)
    assert line.found == ("subdural", "any_hemorrhage")
    assert line.cross_check is False
    assert line.standing is Standing.FOUND


LISTED = Listed(
    (
        Line("clear", 1, "studies/0001", "any_hemorrhage", False, score=0.1, uid="1.2.3"),
        Line("=cmd()", 2, refused="<b>cut</b> off"),
    ),
    to_come=3,
    gone=1,
    left_aside=(Refusal("2 files (.txt)", "not DICOM"),),
)


def test_the_table_has_a_row_for_each_study_and_no_formula(tmp_path):
    write_worklist(LISTED, tmp_path)

    with (tmp_path / "worklist.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["place"], first["number"], first["standing"]) == ("1", "2", "not read")
    assert first["study"] == "'=cmd()"
    assert first["present"] == ""
    assert (second["present"], second["score"], second["volume_ml"]) == ("no", "0.1", "")
    assert second["study_instance_uid"] == "1.2.3"
    assert second["report"] == "studies/0001/report.html"


def test_the_page_tells_what_is_to_come_and_gone_and_escapes_what_it_shows(tmp_path):
    write_worklist(LISTED, tmp_path)

    page = (tmp_path / "worklist.html").read_text()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.partition("<body")[2]))
    assert "Found in 0 of 2 studies" in text
    assert "3 to come" in text
    assert "no longer in the folder, and so left out: 1." in text
    assert "2 files (.txt)" in text
    assert "&lt;b&gt;cut&lt;/b&gt; off" in page
    assert 'http-equiv="refresh"' in page
    assert "1.2.3" not in page


def test_a_list_that_is_done_does_not_look_again(tmp_path):
    write_worklist(Listed(()), tmp_path)

    assert 'http-equiv="refresh"' not in (tmp_path / "worklist.html").read_text()


def test_a_browser_shows_the_pictures_of_the_answers_beside(browser, even, tmp_path):
    save(even, tmp_path / "studies" / "0001")
    line = line_of("a", 1, even, "studies/0001")
    write_worklist(Listed((line,)), tmp_path)

    browser.events.clear()
    browser.open(tmp_path / "worklist.html")

    browser.wait("document.querySelector('td img').naturalWidth > 0")
    link = browser.run("document.querySelector('td a').getAttribute('href')")
    assert (tmp_path / link).is_file()
