"""check.html: a cohort at a glance, with pictures of the cases that a person should look at."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import jinja2
import numpy as np

import headct
from headct.cohort.checking.check import Checked, Standing, count_labels
from headct.cohort.doubt import Doubt, Kind
from headct.core.case import Case
from headct.core.labels import ANY_HEMORRHAGE, LABELS
from headct.measure.agreement.kappa import Agreement
from headct.report import words

COHORT_PAGE_NAME = "check.html"
MOST_CARDS = 120
# Text, style and tables of the largest page take less than the rest of 20 MB.
_PICTURE_BYTES = 16_000_000
# Enough to see whether the right scans were read, and small.
_SAMPLE = 12
_MOST_LINES = 12

WHAT_TO_DO: Mapping[Kind, str] = {
    Kind.NO_LABEL: "Nothing says what the scan shows. The label stays unknown, never a no.",
    Kind.NO_PATIENT: "Without a patient no split can keep a scan on one side.",
    Kind.UNDECIDED: "The report can be read both ways. Its words stand in questions.csv.",
    Kind.CONTRADICTION: "Not all of these labels can be true.",
    Kind.CONFLICT: "Readers did not agree, and no majority settles it.",
    Kind.REPEATED_ROW: "The label file says something more than once.",
    Kind.NO_IMAGES: "A label is there, its scan is not.",
    Kind.NOT_LISTED: "Images are there that no label speaks of.",
    Kind.UNREADABLE: "No plain axial head CT could be read.",
    Kind.SAME_SCAN: "The pixels are the same, whatever the headers say. Left in, one scan would "
    "lie on both sides of a split.",
    Kind.QUALITY: "The image is not fit to learn from or be measured on; keep overrules.",
    Kind.SUSPECT: "The other patients' images and labels speak against this label. Look first: "
    "the image may be the odd one.",
}


@dataclass(frozen=True)
class Kappa:
    """How well readers agree on one finding: Fleiss' kappa."""

    finding: str
    agreement: Agreement

    @property
    def value(self) -> str:
        """The kappa, for people."""
        return _number(self.agreement.kappa)

    @property
    def interval(self) -> str:
        """Its 95 % interval, for people."""
        low, high = self.agreement.low, self.agreement.high
        return "no interval" if low is None else f"{_number(low)} to {_number(high)}"


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}".replace("-", "\N{MINUS SIGN}")


def cohort_page(checked: Checked, kappas: Sequence[Kappa] = ()) -> str:
    """The check of a cohort as the text of an HTML file of less than 20 MB.

    It shows case numbers and pictures, no names and no words of reports: those are in cases.csv
    and questions.csv beside it.
    """
    folder = files("headct.report")
    template, style, more = (
        folder.joinpath(name).read_text(encoding="utf-8")
        for name in ("cohort_page.html.j2", "page.css", "cohort_page.css")
    )
    style += more
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"name": words.NAMES.__getitem__, "count": "{:,}".format}
    doubts = [_section(checked, kind) for kind in checked.counts]
    sample = _sample(checked)
    _leave_out([card for cards in (sample, *(d["cards"] for d in doubts)) for card in cards])
    return environment.from_string(template).render(
        style=style,
        policy=_policy(style),
        version=headct.__version__,
        summary=_summary(checked),
        doubts=doubts,
        labels=_labels(checked.cohort.cases),
        kappas=kappas,
        sample=sample,
        faults=list(checked.faults.items()),
        others=list(checked.others.items()),
    )


def _policy(style: str) -> str:
    """A Content-Security-Policy that lets the page show itself and nothing run or load."""
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashed}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _summary(checked: Checked) -> dict[str, Any]:
    counts = {standing: checked.standings.count(standing) for standing in Standing}
    return {
        "cohort": checked.cohort.name,
        "cases": len(checked.cohort.cases),
        "patients": len({case.patient for case in checked.cohort.cases}),
        "ready": counts[Standing.IN],
        "open": counts[Standing.OPEN],
        "out": counts[Standing.OUT],
        "decided": sum(bool(row.decision) for row in checked.decisions.rows),
        "slices": sum(seen.shape[0] for seen in checked.inspected if seen.shape is not None),
    }


def _section(checked: Checked, kind: Kind) -> dict[str, Any]:
    """All doubts of one kind: cards for those that speak of a case, lines for the rest."""
    count, blocking = checked.counts[kind]
    cards = [
        (index, doubt)
        for index, doubts in enumerate(checked.by_case)
        for doubt in doubts
        if doubt.kind is kind
    ]
    if kind is Kind.QUALITY:
        cards.sort(key=lambda card: _score(checked, card[0]))
    return {
        "id": kind.name.lower().replace("_", "-"),
        "title": kind.value[0].upper() + kind.value[1:],
        "what": WHAT_TO_DO[kind],
        "count": count,
        "blocking": blocking,
        "cards": [_card(checked, index, doubt) for index, doubt in cards[:MOST_CARDS]],
        "more": max(0, len(cards) - MOST_CARDS),
        "lines": _lines(checked.remarks.get(kind, {})),
    }


def _lines(remarks: Mapping[str, int]) -> list[tuple[str, int]]:
    """What is told of no case in particular, with how often where it does not say so itself."""
    lines = [(told, 1 if told[:1].isdigit() else count) for told, count in remarks.items()]
    if len(lines) <= _MOST_LINES:
        return lines
    return [*lines[:_MOST_LINES], (f"and {len(lines) - _MOST_LINES} more", 1)]


def _score(checked: Checked, index: int) -> float:
    quality = checked.inspected[index].quality
    return 0.0 if quality is None else quality.score


def _card(checked: Checked, index: int, doubt: Doubt | None = None) -> dict[str, Any]:
    shown = [index]
    if doubt is not None and doubt.kind is Kind.SAME_SCAN:
        shown += [
            pair.first + pair.second - index
            for pair in checked.same
            if index in (pair.first, pair.second)
        ]
    case, quality = checked.cohort.cases[index], checked.inspected[index].quality
    shape = checked.inspected[index].shape
    return {
        "number": index + 1,
        "pictures": [_picture(checked, each) for each in shown[:3]],
        "label": doubt.label if doubt is not None else "",
        "told": doubt.told if doubt is not None else "",
        "blocks": doubt is not None and doubt.blocks,
        "said": _said(case),
        "score": None if quality is None else f"{quality.score:.2f}",
        "shape": "" if shape is None else f"{shape[0]} slices of {shape[1]} x {shape[2]}",
    }


def _said(case: Case) -> str:
    """What a case is labelled with, for people."""
    names = [name for name in LABELS if case.labels.get(name)]
    if len(names) > 1 and names[0] == ANY_HEMORRHAGE:
        del names[0]
    if names:
        return f"labelled {', '.join(words.NAMES[name] for name in names).lower()}"
    known = any(value is False for value in case.labels.values())
    return "labelled without finding" if known else "label not known"


def _picture(checked: Checked, index: int) -> dict[str, Any]:
    jpeg = checked.inspected[index].thumbnail
    return {"number": index + 1, "jpeg": base64.b64encode(jpeg).decode("ascii")}


def _leave_out(cards: Sequence[dict[str, Any]]) -> None:
    """Empty the pictures for which the page has no room, the last ones first."""
    taken = 0
    for picture in (picture for card in cards for picture in card["pictures"]):
        taken += len(picture["jpeg"])
        if taken > _PICTURE_BYTES:
            picture["jpeg"] = ""


def _sample(checked: Checked) -> list[dict[str, Any]]:
    """Some of the cases that nothing speaks against, spread over the cohort."""
    ready = [
        index
        for index, (standing, doubts) in enumerate(
            zip(checked.standings, checked.by_case, strict=True)
        )
        if standing is Standing.IN and not doubts
    ]
    if not ready:
        return []
    chosen = np.linspace(0, len(ready) - 1, min(_SAMPLE, len(ready))).round().astype(int)
    return [_card(checked, ready[place]) for place in chosen]


def _labels(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Rows of label counts, for all and then site by site where there are several."""
    sites = sorted({case.site for case in cases})
    groups = [("all", cases)]
    if len(sites) > 1:
        groups += [
            (site or "not known", [case for case in cases if case.site == site]) for site in sites
        ]
    return [
        {"site": site, "label": name, "yes": yes, "no": no, "unknown": unknown}
        for site, group in groups
        for name, (yes, no, unknown) in count_labels(group).items()
    ]
