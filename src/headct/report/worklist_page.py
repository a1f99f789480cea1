"""worklist.html: many answers on a page that opens theirs, the most urgent first."""

import base64
import hashlib
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2

import headct
from headct.cohort.store.header import write_whole
from headct.core.errors import printable
from headct.core.finding import Finding
from headct.core.labels import ANY_HEMORRHAGE
from headct.report import words
from headct.report.answer import RESEARCH_ONLY
from headct.report.page import PAGE_NAME
from headct.report.worklist import WORKLIST_CSV, Line, Listed, Standing, write_list_table

WORKLIST_PAGE = "worklist.html"

# How often a browser looks again while studies are to come.
_AGAIN_S = 10
_TITLES = {
    Standing.FOUND: ("Found", ""),
    Standing.LOOK: (
        "To be looked at",
        "Not decided, or none found and the cross-check sees hemorrhage.",
    ),
    Standing.UNREAD: ("Not read", "Nobody has looked at these: read them by hand."),
    Standing.CLEAR: ("None found", "Not a diagnosis: a bleed may be missed."),
    Standing.NO_HEAD: (
        "No head CT",
        "Nothing in these studies says that it is a plain axial head CT.",
    ),
}


def write_worklist(listed: Listed, out: Path) -> None:
    """Write the list as worklist.html and worklist.csv; OSError where that cannot be done.

    Both name where each study lies, which may carry a patient's name; its UID is in the table
    alone. The page shows pictures of the answers' folders beside it, and runs no script.
    """
    page = worklist_page(listed)
    write_whole(out / WORKLIST_PAGE, lambda file: file.write(page))
    write_list_table(listed, out / WORKLIST_CSV)


def worklist_page(listed: Listed) -> str:
    """The list as the text of an HTML file."""
    folder = files("headct.report")
    template, style, more = (
        folder.joinpath(name).read_text(encoding="utf-8")
        for name in ("worklist.html.j2", "page.css", "worklist.css")
    )
    style += more
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(template).render(
        style=style,
        # Pictures lie beside the page: of a file that is no origin of its own, hence the scheme.
        policy=(
            f"default-src 'none'; img-src 'self' file: data:; style-src 'sha256-{hashed}'; "
            "base-uri 'none'; form-action 'none'"
        ),
        again_s=_AGAIN_S if listed.to_come else 0,
        listed=listed,
        counts=[(one.said, count) for one, count in listed.counts.items()],
        urgent=listed.counts.get(Standing.FOUND, 0),
        groups=_groups(listed),
        is_checked=any(line.cross_check is not None for line in listed.lines),
        report=PAGE_NAME,
        research=RESEARCH_ONLY,
        version=headct.__version__,
    )


def _groups(listed: Listed) -> list[dict[str, Any]]:
    places = enumerate(listed.lines, start=1)
    return [
        {
            "title": _TITLES[standing][0],
            "lead": _TITLES[standing][1],
            "id": standing.name.lower().replace("_", "-"),
            "rows": [_row(place, line) for place, line in lines],
        }
        for standing, lines in groupby(places, key=lambda placed: placed[1].standing)
    ]


def _row(place: int, line: Line) -> dict[str, Any]:
    return {
        "place": place,
        "study": printable(line.study),
        "number": line.number,
        "folder": line.folder,
        "picture": line.picture,
        "refused": line.refused,
        "headline": _headline(line),
        "also": _also(line),
        "certainty": _certainty(line),
        "cross_check": _cross_check(line),
        "warnings": line.warnings,
    }


def _headline(line: Line) -> str:
    if not line.label:
        return "Nothing was looked for"
    return words.headline(Finding(line.label, line.present, volume_ml=line.volume_ml))


def _also(line: Line) -> str:
    """What else was found: of hemorrhage, of which kind."""
    others = [words.NAMES[label] for label in line.found if label != line.label]
    if line.label == ANY_HEMORRHAGE:
        others = [name.removesuffix(" hemorrhage") for name in others]
    return ", ".join(others).capitalize()


def _certainty(line: Line) -> str:
    if line.probability is not None:
        return f"probability {line.probability:.2f}"
    if line.score is None:
        return ""
    bar = "" if line.threshold is None else f", present from {line.threshold:.2g} on"
    return f"score {line.score:.3g}{bar}"


def _cross_check(line: Line) -> str:
    if line.cross_check is None:
        return ""
    if not line.cross_check:
        return "none found"
    ml = line.cross_check_ml
    return "found" if ml is None else words.milliliters(ml)
