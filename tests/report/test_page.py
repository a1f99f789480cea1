import base64
import hashlib
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from headct.core.errors import Refusal
from headct.core.finding import Finding
from headct.core.grid import Grid
from headct.core.volume import Mask, Volume
from headct.report.answer import RESEARCH_ONLY
from headct.report.page import PAGE_BYTES, page
from headct.report.pictures import key_indices, key_slice

EN_DASH = "\N{EN DASH}"


def text(answer):
    return page(answer, [key_slice(answer, index) for index in key_indices(answer)])


def words(html):
    """What a reader sees, without markup."""
    html = re.sub(r"<(script|style)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_the_page_says_the_answer_and_what_to_mind_before_trusting_it(even):
    said = words(text(even))

    # 187 pixels of 3.5 x 3.0 x 5 mm are 9.8175 mL, of 1400 mL inside the skull.
    for expected in (
        "Hemorrhage: 9.8 mL",
        "4.9 to 19.6 mL",
        "0.7 % taken by the finding",
        "Not a calibrated probability.",
        "the patient moved",
        "after slice 6",
        "localizer",
        "calcification",
        "61 HU on average",
        "version 1.0",
    ):
        assert expected in said
    assert said.count(RESEARCH_ONLY) == 2


def test_the_page_tells_both_distances_of_a_tilted_series(uneven):
    said = words(text(uneven))

    # 4.00, 1.08 and 7.00 mm along the normal, over the cosine of 18.5 degrees on the table.
    for expected in ("1 to 4 3 4.00 4.22", "4 to 5 1 1.08 1.14", "5 to 8 3 7.00 7.38", "18.5°"):
        assert expected in said


def test_a_scan_without_findings_says_so(clear):
    said = words(text(clear))

    assert "No hemorrhage found" in said
    assert "Nothing was refused" in said


def test_without_spacing_the_page_gives_no_milliliters(unmeasured):
    said = words(text(unmeasured))

    assert "pixel spacing not known" in said
    assert f"0{EN_DASH}80 pixels" in said
    assert not re.search(r"\d mL", said)


def test_the_page_refers_to_nothing_outside_itself(even):
    html = text(even)

    links = re.findall(r'(?:src|href|action|data|poster|srcset)="([^"]*)"', html)

    assert links
    assert all(link.startswith(("#", "data:")) for link in links)
    assert re.findall(r"https?:|@import|url\(", html) == []


def test_the_policy_names_the_very_script_and_style_and_allows_no_other(even):
    html = text(even)

    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', html)
    bodies = re.findall(r"<(style|script)>(.*?)</\1>", html, flags=re.DOTALL)
    expected = [base64.b64encode(hashlib.sha256(b.encode()).digest()).decode() for _, b in bodies]
    policy = policy.replace("&#39;", "'")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert len(expected) == 2
    assert all(f"'sha256-{digest}'" in policy for digest in expected)


def test_words_from_outside_cannot_become_markup(make):
    volume, bad = make["head"](), "</script><script>alert(1)</script>&"
    finding = Finding("subdural", True, score=1.0, score_kind=bad, evidence=(bad,))
    answer = make["tell"](
        volume, findings=(finding,), warnings=(bad,), refused=(Refusal(bad, bad),)
    )

    html = text(replace(answer, series_name=bad))

    assert "<script>alert" not in html
    assert html.count("</script>") == 2


def test_the_stack_in_the_page_is_json_with_a_picture_and_a_place_for_each_slice(even):
    (stack,) = re.findall(
        r'<script type="application/json" id="stack-data">(.*?)</script>', text(even), re.DOTALL
    )

    shown = json.loads(stack)

    for name in ("slices", "outlines", "positions", "amounts", "centres"):
        assert len(shown[name]) == 8
    assert shown["start"] == 3
    assert shown["positions"][3] == "15.0 mm"
    assert shown["amounts"][3:6] == ["3.5 mL", "3.2 mL", ""]


def test_a_lone_slice_without_thickness_has_a_page(make):
    volume = make["head"]()
    lone = Volume(np.ascontiguousarray(volume.hu[:1]), volume.grid.slices([0]))

    said = words(text(make["tell"](lone)))

    assert "No hemorrhage found" in said


@pytest.mark.slow
def test_a_thin_series_fits_fifteen_megabytes(make):
    grid = Grid.regular((548, 512, 512), (0.3125, 0.45, 0.45))
    noise = np.random.default_rng(0).normal(34, 14, (64, 512, 512)).astype(np.float32)
    labels = np.zeros(grid.shape, dtype=np.uint8)
    labels[100:400, 200:300, 200:300] = noise[0, :100, :100] > 40
    volume = Volume(np.resize(noise, grid.shape), grid)

    html = text(make["tell"](volume, Mask(labels, grid, ("subdural",))))

    assert len(html.encode()) < PAGE_BYTES
