import csv
import html
import io
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from headct.measure.estimate import Estimate
from headct.report.measurement.tables import (
    FORMS,
    NOTHING,
    PValue,
    Table,
    as_csv,
    as_html,
    as_latex,
    as_markdown,
    shown,
)

NETWORKS = Table(
    title="Networks & pipelines",
    columns=("network", "runs", "accuracy", "p"),
    rows=(
        ("ResNet_50", 5, Estimate(0.9, 0.85, 0.94, "Clopper-Pearson"), 0.04),
        ("ConvNeXt", 5, Estimate(None, note="no rows"), None),
    ),
    notes=("One cohort < 100 patients.",),
)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), min_size=1
)
HOSTILE = ["a|b", r"\alpha", "<b>x</b>", "*bold* _it_", "[a](b)", "`c`", "50 %", "a\nb", "~~x~~"]
HOSTILE += ["&amp;", "#1", "{x}", "$5^2$", "![p](q)", "# head", "1. one", "- item"]

MINUS = "\N{MINUS SIGN}"


class Cells(HTMLParser):
    """Text of every cell, row by row, with the attributes of each."""

    def __init__(self):
        super().__init__()
        self.rows, self.attributes, self.depth = [], [], 0

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.attributes.append((tag, dict(attrs)))
            self.depth = 1

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.depth = 0

    def handle_data(self, text):
        if self.depth:
            self.rows[-1][-1] += text


def cells(text):
    found = Cells()
    found.feed(text)
    return found


def one_line(text):
    return " ".join(text.split())


def test_markdown_is_what_github_shows_as_a_table():
    assert as_markdown(NETWORKS) == (
        "**Networks \\& pipelines**\n"
        "\n"
        "| network | runs | accuracy | p |\n"
        "| --- | ---: | ---: | ---: |\n"
        "| ResNet\\_50 | 5 | 0.900 (0.850 to 0.940) | 0.040 |\n"
        f"| ConvNeXt | 5 | {NOTHING} | {NOTHING} |\n"
        "\n"
        "Note: One cohort \\< 100 patients.\n"
    )


def test_latex_is_a_float_with_booktabs():
    assert as_latex(NETWORKS, label="tab:networks") == (
        "\\begin{table}[htbp]\n"
        "\\centering\n"
        "\\caption{Networks \\& pipelines}\n"
        "\\label{tab:networks}\n"
        "\\begin{tabular}{lrrr}\n"
        "\\toprule\n"
        "network & runs & accuracy & p \\\\\n"
        "\\midrule\n"
        "ResNet\\_50 & 5 & 0.900 (0.850 to 0.940) & 0.040 \\\\\n"
        "ConvNeXt & 5 & -- & -- \\\\\n"
        "\\bottomrule\n"
        "\\end{tabular}\n"
        "\\par\\smallskip{\\footnotesize One cohort \\textless{} 100 patients.\\par}\n"
        "\\end{table}\n"
    )


def test_html_has_caption_heads_and_notes_and_tells_the_method():
    text = as_html(NETWORKS)
    found = cells(text)

    assert "<caption>Networks &amp; pipelines</caption>" in text
    assert found.rows[0] == ["network", "runs", "accuracy", "p"]
    assert found.rows[1] == ["ResNet_50", "5", "0.900 (0.850 to 0.940)", "0.040"]
    assert found.rows[-1] == ["One cohort < 100 patients."]
    assert ("th", {"scope": "row"}) in found.attributes
    assert ("td", {"class": "number", "title": "Clopper-Pearson"}) in found.attributes
    assert ("td", {"class": "number", "title": "no rows"}) in found.attributes


def test_csv_has_all_digits_and_the_interval_in_columns():
    table = Table("t", ("name", "auc"), (("a", Estimate(1 / 3, 0.25, 0.5, "DeLong")), ("b", None)))

    found = pd.read_csv(io.StringIO(as_csv(table)))

    assert list(found.columns) == ["name", "auc", "auc low", "auc high", "auc method", "auc note"]
    assert found.loc[0, ["auc", "auc low", "auc high"]].tolist() == [1 / 3, 0.25, 0.5]
    assert found.loc[0, "auc method"] == "DeLong"
    assert found.loc[1].isna().sum() == 5


@given(st.lists(TEXTS, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_whatever_a_cell_says_markdown_html_and_csv_show_just_that(texts):
    table = Table(texts[0], tuple(f"c{i}" for i in range(len(texts))), (tuple(texts),), (texts[0],))
    told = [one_line(text) for text in texts]

    by_markdown = MarkdownIt("commonmark").enable("table").enable("strikethrough")
    rendered = cells(by_markdown.render(as_markdown(table)))
    page = cells(as_html(table))
    sheet = list(csv.reader(io.StringIO(as_csv(table))))

    assert [one_line(cell) for cell in rendered.rows[1]] == told
    assert page.rows[1] == told
    assert [cell.removeprefix("'") for cell in sheet[1]] == [
        text.removeprefix("'") for text in texts
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_means_something_to_a_form_is_shown_as_it_is(text):
    table = Table(text, ("a", text), ((text, 1),), (text,))

    by_markdown = MarkdownIt("commonmark").enable("table").enable("strikethrough")
    rendered = by_markdown.render(as_markdown(table))
    page = as_html(table)

    assert cells(rendered).rows == [["a", one_line(text)], [one_line(text), "1"]]
    plain = html.unescape(re.sub(r"<[^>]+>", "", rendered))
    assert plain.count(one_line(text)) == 4
    assert rendered.count("<table>") == 1
    assert rendered.count("<p>") == 2
    assert "<b>x" not in page
    assert "<b>x" not in rendered


@pytest.mark.parametrize("text", [r"a_b & 50% #1 {x} ~ ^ \z $5", "[x] * | <y> `q`"])
def test_latex_signs_are_escaped_as_pandas_does(text):
    frame = pd.DataFrame([[text.replace("[", "").replace("*", "")]])
    expected = frame.style.format(escape="latex").to_latex(hrules=True)

    found = as_latex(Table("", ("c",), ((text,),)))

    bare = found.replace("{[}", "").replace("{*}", "")
    signs = (
        r"\_",
        r"\&",
        r"\%",
        r"\#",
        r"\{",
        r"\}",
        r"\textasciicircum",
        r"\textbackslash",
        r"\$",
    )
    assert [bare.count(sign) for sign in signs] == [expected.count(sign) for sign in signs]
    assert not re.search(r"(?<!\\)[&%#$_^~]", bare.split(r"\midrule")[1].split(r"\\")[0])


def test_a_row_of_latex_that_begins_with_a_bracket_is_no_option_of_what_stands_before():
    found = as_latex(Table("", ("c",), (("[0, 1]",), ("[1, 2]",), ("*",))))

    assert not re.search(r"(\\\\|rule)\s*[\[*]", found)
    assert "{[}1, 2" in found


def test_no_text_becomes_a_formula_in_a_spreadsheet():
    texts = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx")

    sheet = list(csv.reader(io.StringIO(as_csv(Table("", ("=c",), tuple((t,) for t in texts))))))

    assert [row[0] for row in sheet] == ["'=c", *(f"'{text}" for text in texts)]


def test_a_small_p_is_whole_in_csv():
    assert as_csv(Table("", ("a", "p"), (("x", PValue(0.0004)),))) == "a,p\nx,0.0004\n"


def test_negative_figures_stay_figures_in_csv():
    sheet = as_csv(Table("", ("a", "b"), ((-0.5, Estimate(-1.0, -2.0, float("inf"))),)))

    assert sheet == "a,b,b low,b high,b method,b note\n-0.5,-1.0,-2.0,inf,,\n"


def test_heads_over_columns_span_them_and_stand_before_their_names_where_there_is_one_line():
    table = Table(
        "",
        ("network", "accuracy", "auc", "accuracy"),
        (("a", 1.0, 2.0, 3.0),),
        spans=(("", 1), ("AVG", 2), ("BEST", 1)),
    )

    page, paper = cells(as_html(table)), as_latex(table)

    assert page.rows[0] == ["", "AVG", "BEST"]
    assert ("th", {"scope": "colgroup", "colspan": "2"}) in page.attributes
    assert r" & \multicolumn{2}{c}{AVG} & \multicolumn{1}{c}{BEST} \\" in paper
    assert r"\cmidrule(lr){2-3} \cmidrule(lr){4-4}" in paper
    assert "| network | AVG accuracy | AVG auc | BEST accuracy |" in as_markdown(table)
    assert as_csv(table).startswith("network,AVG accuracy,AVG auc,BEST accuracy\n")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (0.12345, "0.123"),
        (-0.5, f"{MINUS}0.500"),
        (7, "7"),
        (-7, f"{MINUS}7"),
        (None, NOTHING),
        (float("nan"), NOTHING),
        (float("inf"), "∞"),
        (float("-inf"), f"{MINUS}∞"),
        ("two\nlines", "two lines"),
        (Estimate(-0.1, -0.2, 0.0), f"{MINUS}0.100 ({MINUS}0.200 to 0.000)"),
        (Estimate(12.0, 3.0, float("inf")), "12.000 (3.000 to ∞)"),
        (Estimate(None), NOTHING),
        (PValue(0.04567), "0.046"),
        (PValue(0.0004), "< 0.001"),
    ],
)
def test_a_cell_is_shown_as_people_write_it(cell, expected):
    assert shown(cell) == expected


def test_columns_of_figures_stand_right_and_names_left():
    table = Table(
        "", ("n", "counts", "k"), (("< 5 mL", "65/69", 1), ("5 mL", "7/8 = 87.50 %", None))
    )
    thresholds = Table("", ("threshold", "how"), ((0.5, "stated"), (0.3, "Youden")))

    assert [table.is_text(i) for i in range(3)] == [True, False, False]
    assert [thresholds.is_text(i) for i in range(2)] == [False, True]


@pytest.mark.parametrize("form", FORMS)
def test_a_table_without_rows_is_still_one(form):
    found = FORMS[form](Table("Nothing yet", ("network", "auc"), ()))

    assert "network" in found
    assert found.endswith("\n")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="2 cells in row 2, got 1"):
        Table("", ("a", "b"), ((1, 2), (3,)))
    with pytest.raises(ValueError, match="heads over 2 columns"):
        Table("", ("a", "b"), (), spans=(("x", 1),))
