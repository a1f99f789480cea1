"""A table as Markdown, LaTeX, HTML and CSV: for page, paper and spreadsheet."""

import csv
import html
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isinf, isnan

from headct.core.text import no_formula
from headct.measure.estimate import Estimate


@dataclass(frozen=True)
class PValue:
    """A p value, printed as journals do: to three digits, and never as 0."""

    p: float

    def __str__(self) -> str:
        return "< 0.001" if self.p < 0.0005 else f"{self.p:.3f}"


Cell = str | int | float | Estimate | PValue | None

NOTHING = "\N{EN DASH}"
"""Stands where there is no figure."""

_MINUS = "\N{MINUS SIGN}"
_LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    NOTHING: "--",
    _MINUS: "$-$",
    "\N{INFINITY}": r"$\infty$",
    "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{GREATER-THAN OR EQUAL TO}": r"$\geq$",
    "\N{LESS-THAN OR EQUAL TO}": r"$\leq$",
    "\N{GREEK SMALL LETTER KAPPA}": r"$\kappa$",
    # LaTeX takes these for options of the line break before.
    "[": "{[}",
    "*": "{*}",
}
_INTERVAL = re.compile(r"(\(.*\))$")
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|~&$#!])")


@dataclass(frozen=True)
class Table:
    """Figures in rows and columns, with what must be said beside them.

    Args:
        title: what they are.
        columns: a name for each.
        rows: a cell for each column; an ``Estimate`` is shown with its interval, None as a dash.
        notes: what a reader must know of the figures.
        spans: heads that stand over several columns, with how many; empty for none.
        digits: after the point.
        row_heads: how many columns name the row.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    spans: tuple[tuple[str, int], ...] = ()
    digits: int = 3
    row_heads: int = 1

    def __post_init__(self) -> None:
        width = len(self.columns)
        for number, row in enumerate(self.rows, start=1):
            if len(row) != width:
                raise ValueError(f"expected {width} cells in row {number}, got {len(row)}")
        if self.spans and sum(count for _, count in self.spans) != width:
            raise ValueError(f"expected heads over {width} columns, got {self.spans}")

    @property
    def full_columns(self) -> tuple[str, ...]:
        """Each column's name with the head above it, for forms that have one line of heads."""
        heads = [head for head, count in self.spans for _ in range(count)] or [""] * len(
            self.columns
        )
        pairs = zip(heads, self.columns, strict=True)
        return tuple(" ".join(part for part in pair if part) for pair in pairs)

    def is_text(self, column: int) -> bool:
        """It names things, and stands left; a column of figures stands right."""
        texts = [row[column] for row in self.rows if isinstance(row[column], str)]
        return any(column < self.row_heads or re.match(r"\s*[^\W\d]", str(one)) for one in texts)


def shown(cell: Cell, digits: int = 3) -> str:
    """A cell as people read it, in one line."""
    if isinstance(cell, Estimate):
        told = cell.show(digits) if cell.value is not None else NOTHING
        return told.replace("-", _MINUS).replace("inf", "\N{INFINITY}")
    if isinstance(cell, str | PValue):
        return " ".join(str(cell).split())
    if cell is None or isnan(cell):
        return NOTHING
    if isinf(cell):
        return "\N{INFINITY}" if cell > 0 else f"{_MINUS}\N{INFINITY}"
    told = str(cell) if isinstance(cell, int) else f"{cell:.{digits}f}"
    return told.replace("-", _MINUS)


def as_markdown(table: Table) -> str:
    """For a README or a notebook: a table as GitHub has it, title above and notes below."""
    sides = ["---" if table.is_text(i) else "---:" for i in range(len(table.columns))]
    lines = [f"**{_markdown(table.title)}**", ""] if table.title else []
    lines += [_pipes([_markdown(name) for name in table.full_columns]), _pipes(sides)]
    lines += [_pipes([_markdown(shown(cell, table.digits)) for cell in row]) for row in table.rows]
    for note in table.notes:
        lines += ["", f"Note: {_markdown(note)}"]
    return "\n".join(lines) + "\n"


def as_latex(table: Table, label: str = "") -> str:
    r"""For a paper: a float with ``\toprule`` and the like; it needs the package booktabs."""
    sides = "".join("l" if table.is_text(i) else "r" for i in range(len(table.columns)))
    lines = [r"\begin{table}[htbp]", r"\centering", rf"\caption{{{_latex(table.title)}}}"]
    lines += [rf"\label{{{label}}}"] if label else []
    lines += [rf"\begin{{tabular}}{{{sides}}}", r"\toprule"]
    if table.spans:
        lines += _latex_spans(table)
    lines += [_ampersands([_latex(name) for name in table.columns]), r"\midrule"]
    lines += [
        _ampersands([_latex(shown(cell, table.digits)) for cell in row]) for row in table.rows
    ]
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [rf"\par\smallskip{{\footnotesize {_latex(note)}\par}}" for note in table.notes]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def as_html(table: Table) -> str:
    """For a page: the table element alone, with caption and notes; its looks are the page's."""
    width = len(table.columns)
    lines = ['<table class="figures">']
    lines += [f"<caption>{_html(table.title)}</caption>"] if table.title else []
    lines.append("<thead>")
    if table.spans:
        lines.append(f"<tr>{''.join(_html_span(*span) for span in table.spans)}</tr>")
    heads = [
        f'<th scope="col"{_side(table, i)}>{_html(name)}</th>'
        for i, name in enumerate(table.columns)
    ]
    lines += [f"<tr>{''.join(heads)}</tr>", "</thead>", "<tbody>"]
    lines += [f"<tr>{_html_row(table, row)}</tr>" for row in table.rows]
    lines.append("</tbody>")
    if table.notes:
        notes = "".join(f"<p>{_html(note)}</p>" for note in table.notes)
        lines.append(f'<tfoot><tr><td colspan="{width}">{notes}</td></tr></tfoot>')
    return "\n".join([*lines, "</table>"]) + "\n"


def as_csv(table: Table) -> str:
    """For a spreadsheet: all digits, and the ends and method of an estimate in their own columns.

    A text that a spreadsheet would take for a formula gets an apostrophe before it. Title and notes
    are left out: they would be rows that are none.
    """
    estimated = [
        any(isinstance(row[i], Estimate) for row in table.rows) for i in range(len(table.columns))
    ]
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    heads: list[str] = []
    for name, has_ends in zip(table.full_columns, estimated, strict=True):
        heads += [no_formula(f"{name}{end}") for end in (_ENDS if has_ends else ("",))]
    rows.writerow(heads)
    for row in table.rows:
        cells: list[str] = []
        for cell, has_ends in zip(row, estimated, strict=True):
            cells += _with_ends(cell) if has_ends else [_value(cell)]
        rows.writerow(cells)
    return written.getvalue()


FORMS: Mapping[str, Callable[[Table], str]] = {
    "md": as_markdown,
    "tex": as_latex,
    "html": as_html,
    "csv": as_csv,
}
"""How to write a table, by the ending of its file."""

_ENDS = ("", " low", " high", " method", " note")


def _pipes(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _ampersands(cells: list[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _markdown(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _latex(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in " ".join(text.split()))


def _html(text: str) -> str:
    return html.escape(text)


def _side(table: Table, column: int) -> str:
    return "" if table.is_text(column) else ' class="number"'


def _html_row(table: Table, row: tuple[Cell, ...]) -> str:
    cells = []
    for i, cell in enumerate(row):
        told = _html(shown(cell, table.digits))
        if isinstance(cell, Estimate):
            told = _INTERVAL.sub(r'<span class="ends">\1</span>', told)
        if i < table.row_heads:
            cells.append(f'<th scope="row"{_side(table, i)}>{told}</th>')
            continue
        cells.append(f"<td{_side(table, i)}{_tip(cell)}>{told}</td>")
    return "".join(cells)


def _tip(cell: Cell) -> str:
    """How the interval came about, for whoever points at it."""
    parts = (cell.method, cell.note) if isinstance(cell, Estimate) else ()
    about = "; ".join(part for part in parts if part)
    return f' title="{_html(about)}"' if about else ""


def _html_span(head: str, count: int) -> str:
    if not head:
        return f'<td colspan="{count}"></td>'
    return f'<th scope="colgroup" colspan="{count}">{_html(head)}</th>'


def _latex_spans(table: Table) -> list[str]:
    heads, rules, start = [], [], 1
    for head, count in table.spans:
        heads.append(rf"\multicolumn{{{count}}}{{c}}{{{_latex(head)}}}")
        rules += [rf"\cmidrule(lr){{{start}-{start + count - 1}}}"] if head else []
        start += count
    return [_ampersands(heads), " ".join(rules)]


def _value(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and isnan(cell)):
        return ""
    if isinstance(cell, Estimate | PValue):
        return _value(cell.value if isinstance(cell, Estimate) else cell.p)
    if isinstance(cell, str):
        return no_formula(cell)
    return str(cell) if isinstance(cell, int) else repr(float(cell))


def _with_ends(cell: Cell) -> list[str]:
    if isinstance(cell, Estimate):
        parts = (cell.value, cell.low, cell.high, cell.method, cell.note)
        return [_value(part) for part in parts]
    return [_value(cell), "", "", "", ""]
