"""report.html: one page that holds everything and asks nothing of the network."""

import base64
import hashlib
import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import jinja2
import numpy as np

from headct.core.finding import Finding
from headct.report import words
from headct.report.answer import Answer
from headct.report.findings import as_findings
from headct.report.looked import FULL_PEAK
from headct.report.outlines import COLOURS
from headct.report.pictures import KeySlice
from headct.report.profile import HEIGHT, WIDTH, Profile, profile
from headct.report.view import view
from headct.report.viewer import stack

PAGE_NAME = "report.html"
PAGE_BYTES = 15_000_000
# Left for the text, the style and the script of the page, and for long lists of refusals.
_REST_BYTES = 1_000_000

# (name, level, width) in HU: brain and subdural as radiologists set them and as the winners of
# RSNA 2019 fed them to networks; wide reaches from air in the sinuses to dense bone.
WINDOWS = (("Brain", 40, 80), ("Subdural", 80, 200), ("Wide", 600, 2800))


def page(answer: Answer, keys: Sequence[KeySlice], looks: Sequence[KeySlice] = ()) -> str:
    """The report of an answer as the text of an HTML file of less than 15 MB.

    Args:
        answer: what to report.
        keys: the slices to show first.
        looks: slices with what a network looked at.
    """
    folder = files("headct.report")
    template, style, script = (
        folder.joinpath(name).read_text(encoding="utf-8")
        for name in ("page.html.j2", "page.css", "page.js")
    )
    pictures = [_key(answer, key) for key in keys]
    seen = [_key(answer, look) for look in looks]
    taken_bytes = _REST_BYTES + sum(len(picture["jpeg"]) for picture in (*pictures, *seen))
    drawn, other = profile(answer), answer.cross_check
    shown = _viewer(answer, drawn, PAGE_BYTES - taken_bytes)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"name": words.NAMES.__getitem__, "ml": words.milliliters}
    return environment.from_string(template).render(
        style=style,
        script=script,
        policy=_policy(style, script),
        said=as_findings(answer),
        summary=_summary(answer),
        keys=pictures,
        looks=seen,
        looked=_looked(answer),
        stack=_as_script(shown),
        left_out=shown["left_out"],
        windows=WINDOWS,
        view=view(answer.volume.grid),
        profile=drawn,
        drawing=(WIDTH, HEIGHT),
        labels=_labels(answer),
        colours=COLOURS,
        rows=[_row(finding) for finding in answer.prediction.findings],
        cross_check=[] if other is None else [_row(finding) for finding in other.findings],
        outlined=_outlined(answer),
        distances=_distances(answer),
    )


def _policy(style: str, script: str) -> str:
    """A Content-Security-Policy that lets the page show itself and nothing else run or load."""
    hashes = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
        for text in (style, script)
    )
    return (
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; "
        "base-uri 'none'; form-action 'none'".format(*hashes)
    )


def _as_script(values: dict[str, Any]) -> str:
    """JSON that may stand inside a script element: nothing in it can end that element."""
    text = json.dumps(values, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _summary(answer: Answer) -> dict[str, Any]:
    leading = words.leading(answer)
    first = leading[0] if leading else None
    marked = np.flatnonzero(answer.amount)
    share = None
    if first and first.present and first.volume_ml and answer.intracranial_volume_ml:
        share = 100 * first.volume_ml / answer.intracranial_volume_ml
    states = {True: "found", False: "clear", None: "open"}
    return {
        "headlines": [words.headline(finding) for finding in leading] or ["Nothing was looked for"],
        "state": states[first.present] if first else "open",
        "certainty": [words.certainty(finding) for finding in leading],
        "interval": words.interval(first) if first else "",
        "volume_ml": first.volume_ml if first else None,
        "is_measured": answer.voxel_ml is not None,
        "marked": len(marked),
        "largest": int(answer.amount.argmax()) if len(marked) else None,
        "share": share,
    }


def _key(answer: Answer, key: KeySlice) -> dict[str, Any]:
    return {
        "index": key.index,
        "jpeg": base64.b64encode(key.jpeg).decode("ascii"),
        "height": key.shape[0],
        "width": key.shape[1],
        **_slice(answer, key.index),
    }


def _outlined(answer: Answer) -> str:
    """What has become of the outlines of the method beside the answer."""
    mask = None if answer.cross_check is None else answer.cross_check.mask
    if mask is None:
        return "It outlines nothing."
    # Of a network that draws none: see ``analyze.together``.
    is_lent = mask is answer.prediction.mask
    return "The outlines and mL above are its." if is_lent else "What it outlines is not shown."


def _looked(answer: Answer) -> dict[str, Any] | None:
    """What a heatmap says as a whole; None where there is none."""
    heatmap, findings = answer.prediction.heatmap, answer.prediction.findings
    if heatmap is None or not findings:
        return None
    return {
        "label": findings[0].label,
        "peak": f"{heatmap.raw_peak:.2g}",
        "has_any": heatmap.raw_peak > 0,
        "full": f"{FULL_PEAK:g}",
        "is_faint": heatmap.raw_peak < FULL_PEAK,
    }


def _slice(answer: Answer, index: int) -> dict[str, str]:
    """Where a slice is and how much it shows, for people."""
    grid, amount = answer.volume.grid, answer.amount[index]
    position = f"{grid.positions_mm[index]:.1f} mm" if grid.is_measured else ""
    position = position.replace("-", "\N{MINUS SIGN}")
    if answer.prediction.mask is None:
        return {"position": position, "amount": ""}
    if answer.voxel_ml is None:
        return {"position": position, "amount": f"{amount:.0f} pixels" if amount else ""}
    return {"position": position, "amount": words.milliliters(amount) if amount else ""}


def _viewer(answer: Answer, drawn: Profile, budget_bytes: int) -> dict[str, Any]:
    slices = [_slice(answer, index) for index in range(answer.volume.grid.shape[0])]
    said = {
        "windows": WINDOWS,
        "colours": {label: COLOURS[label] for label in answer.areas},
        "positions": [each["position"] for each in slices],
        "amounts": [each["amount"] for each in slices],
        "start": _start(answer),
        "centres": drawn.centres,
        "edges": drawn.edges,
    }
    return stack(answer, budget_bytes) | said


def _start(answer: Answer) -> int:
    """Index of the slice to open with: the fullest, else one through the middle of the brain."""
    if answer.amount.any():
        return int(answer.amount.argmax())
    return round(0.6 * (answer.volume.grid.shape[0] - 1))


def _labels(answer: Answer) -> list[dict[str, str]]:
    """The labels that are drawn, with how much there is of each."""
    drawn = []
    for label, amounts in answer.amounts.items():
        total = float(amounts.sum())
        said = f"{total:.0f} pixels" if answer.voxel_ml is None else words.milliliters(total)
        if total:
            drawn.append({"label": label, "amount": said})
    return drawn


def _row(finding: Finding) -> dict[str, Any]:
    present = {True: "found", False: "not found", None: "not decided"}[finding.present]
    volume = "" if finding.volume_ml is None else words.milliliters(finding.volume_ml)
    return {
        "label": finding.label,
        "present": present,
        "volume": volume,
        "interval": words.interval(finding),
        "certainty": words.certainty(finding),
        "slices": words.slice_numbers(finding.slices),
        "evidence": finding.evidence,
    }


def _distances(answer: Answer) -> list[dict[str, str]]:
    """Slice distances and table increments where they change, lowest first."""
    grid = answer.volume.grid
    if not grid.is_measured:
        return []
    increments = np.linalg.norm(np.diff(grid.origins_mm, axis=0), axis=1)
    return [
        {
            "slices": f"{run.first + 1} to {run.first + run.count + 1}",
            "count": str(run.count),
            "distance": f"{run.distance_mm:.2f}",
            "increment": f"{increments[run.first : run.first + run.count].mean():.2f}",
        }
        for run in words.runs(grid.distances_mm)
    ]
