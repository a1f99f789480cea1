import base64
import csv
import hashlib
import json
import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from headct.cohort.checking.check import Checked
from headct.cohort.checking.duplicates import SameSlices
from headct.cohort.checking.inspected import Inspected
from headct.cohort.checking.quality import Quality
from headct.cohort.checking.thumbnails import thumbnail
from headct.cohort.doubt import Doubt, Kind
from headct.core.case import Case, Cohort
from headct.core.errors import OutputError, Refusal
from headct.core.grid import Grid
from headct.core.labels import ANY_HEMORRHAGE, SUBDURAL
from headct.core.record import Record
from headct.core.volume import Volume
from headct.measure.agreement.kappa import Agreement
from headct.report.cohort_page import MOST_CARDS, Kappa, cohort_page
from headct.report.cohort_save import save_check

PAGE_BYTES = 20_000_000
KAPPAS = [
    Kappa("ICH", Agreement(0.782, 0.02, 0.73, 0.83, 491, 0, 3)),
    Kappa("Fracture", Agreement(None, None, None, None, 491, 0, 3)),
]


def picture(seed):
    """A thumbnail that compresses as badly as any: noise from black to white."""
    hu = np.random.default_rng(seed).uniform(0, 80, (32, 144, 144)).astype(np.float32)
    return thumbnail(Volume(hu, Grid.regular(hu.shape, (5.0, 1.5, 1.5))))


def cohort(count, sites=("",)):
    return Cohort(
        "ours & theirs",
        tuple(
            Case(
                f"Novak-{index:04d}",
                f"study-{index}",
                Path("/data/novak"),
                {ANY_HEMORRHAGE: [True, False, None][index % 3], SUBDURAL: None},
                site=sites[index % len(sites)],
            )
            for index in range(count)
        ),
    )


MOVED = Refusal("image quality", "the head moved: 9 HU from slice to slice, expected at most 6")


def checked(count=6, doubts=(), same=(), sites=("",), jpeg=b""):
    seen = Inspected(
        (32, 512, 600),
        refused=(Refusal("series 2", "a localizer (scout view), not slices"),),
        quality=Quality(0.25, (MOVED,), {"noise": 3.0}),
        thumbnail=jpeg or picture(0),
    )
    return Checked(cohort(count, sites), (seen,) * count, tuple(doubts), same=tuple(same))


def doubt(kind, index, **more):
    return Doubt(kind, "look at it", f"Novak-{index:04d}", f"study-{index}", **more)


def words(html):
    html = re.sub(r"<style>.*?</style>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_the_first_lines_say_how_many_cases_are_ready_and_what_to_do():
    doubts = [
        doubt(Kind.UNDECIDED, 0, label=ANY_HEMORRHAGE),
        doubt(Kind.QUALITY, 1),
        doubt(Kind.SUSPECT, 2, blocks=False),
    ]

    said = words(cohort_page(checked(doubts=doubts)))

    assert "4 of 6 cases are ready" in said
    assert "1 wait for a person: fill the column “decision” of questions.csv" in said
    assert "Ready 4 Waiting 1 Excluded 1" in said
    assert "ours &amp; theirs · 6 cases, 6 patients, 192 slices" in said


def test_no_name_of_a_patient_and_no_word_of_a_report_is_on_the_page():
    quoted = "Pani Nováková krváca"
    doubts = [doubt(Kind.UNDECIDED, index, quoted=quoted) for index in range(6)]

    html = cohort_page(checked(doubts=doubts))

    assert not re.search("Novak|study-|Nov[aá]kov|/data", html)


def test_doubts_are_counted_by_kind_and_each_case_has_its_card():
    doubts = [doubt(Kind.CONFLICT, 3), doubt(Kind.CONFLICT, 5), doubt(Kind.SUSPECT, 5)]

    said = words(cohort_page(checked(doubts=doubts)))

    assert "Readers in conflict 2 2" in said
    assert "Label and image disagree 1 1" in said
    assert said.count("Case 6 quality 0.25") == 2


def test_a_scan_filed_twice_is_shown_beside_its_twin():
    html = cohort_page(checked(doubts=[doubt(Kind.SAME_SCAN, 4)], same=[SameSlices(1, 4, 32)]))

    assert "Case 5, below it case 2" in words(html)


def test_what_speaks_of_no_case_is_said_in_lines_and_counted():
    doubts = [Doubt(Kind.NO_IMAGES, "no folder of that name", f"x{n}", "") for n in range(30)]
    doubts.append(Doubt(Kind.REPEATED_ROW, "3 rows say it twice", count=3, blocks=False))

    said = words(cohort_page(checked(doubts=doubts)))

    assert "no folder of that name \N{MULTIPLICATION SIGN} 30" in said
    assert "Label given twice 3 0" in said


def test_labels_are_counted_site_by_site():
    said = words(cohort_page(checked(count=6, sites=("north", "south"))))

    # Of six cases 0, 2 and 4 are of the north: labelled yes, not known, no.
    assert "all Hemorrhage 2 2 2" in said
    assert "north Hemorrhage 1 1 1" in said
    assert "south Subdural hemorrhage 0 0 3" in said


def test_agreement_is_shown_where_it_was_measured():
    said = words(cohort_page(checked(), KAPPAS))

    assert "ICH 0.782 0.730 to 0.830 491" in said
    assert "Fracture not defined no interval 491" in said


def test_what_else_lay_there_is_counted_by_kind():
    assert "a localizer 6" in words(cohort_page(checked()))


def test_the_page_can_load_nothing_and_run_nothing():
    html = cohort_page(checked(doubts=[doubt(Kind.CONFLICT, 3)]))

    (style,) = re.findall("<style>(.*?)</style>", html, re.DOTALL)
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = re.findall('Content-Security-Policy" content="(.*?)"', unescape(html))
    assert policy.startswith("default-src 'none'")
    assert f"style-src 'sha256-{hashed}'" in policy
    assert not re.search(r"<script|https?:| style=", html)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x>'])
def test_text_from_files_stays_text(text):
    doubts = [Doubt(Kind.UNREADABLE, text, "Novak-0001", "study-1")]

    assert text not in cohort_page(checked(doubts=doubts))


def test_a_page_in_which_everything_is_in_doubt_stays_under_20_mb():
    count = 1244
    doubts = [doubt(kind, index) for kind in Kind for index in range(count)]

    html = cohort_page(checked(count=count, doubts=doubts, jpeg=picture(1)))

    assert len(html.encode()) < PAGE_BYTES
    assert f"and {count - MOST_CARDS:,} more: all are in questions.csv" in words(html)


def test_a_cohort_without_doubts_says_so():
    said = words(cohort_page(checked()))

    assert "6 of 6 cases are ready" in said
    assert "Nothing keeps a case out." in said
    assert "What is in doubt" not in said


def test_the_tables_say_which_case_is_whose_and_what_became_of_it(tmp_path):
    doubts = [doubt(Kind.QUALITY, 1), doubt(Kind.UNDECIDED, 0, label=SUBDURAL)]

    save_check(checked(doubts=doubts), tmp_path / "out", Record("cohort check"))

    with (tmp_path / "out" / "cases.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [row["case"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert [row["standing"] for row in rows] == ["open", "excluded", "in", "in", "in", "in"]
    assert [row[ANY_HEMORRHAGE] for row in rows[:3]] == ["1", "0", ""]
    assert (rows[1]["patient"], rows[1]["slices"], rows[1]["columns"]) == (
        "Novak-0001",
        "32",
        "600",
    )
    assert rows[1]["reasons"] == "image quality: look at it"
    assert (rows[0]["quality"], rows[0]["noise"]) == ("0.250", "3")
    counts = json.loads((tmp_path / "out" / "check.json").read_text())
    assert counts["excluded_for"] == {"the head moved": 1}
    assert counts["standings"] == {"in": 4, "open": 1, "excluded": 1}
    assert counts["labels"][SUBDURAL] == {"yes": 0, "no": 0, "unknown": 5}
    assert counts["record"]["command"] == "cohort check"


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()

    with pytest.raises(OutputError):
        save_check(checked(), tmp_path / "out", Record("cohort check"))
