"""A figure as text for a page, or as files."""

import io
import re
from pathlib import Path
from xml.sax.saxutils import escape

from matplotlib.figure import Figure

from headct.measure.figures.style import settings

DPI = 200
"""Of the PNG: 300 at the width of a journal's column, which is two thirds of a figure's."""

_TAG = re.compile(r"<[a-zA-Z][^>]*>")
_ID = re.compile(r'(\sid="|href="#|url\(#)')
_STYLE = re.compile(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>\s*", re.DOTALL)

# What matplotlib says in a style sheet of *, which inside a page would hold for all of the page.
_LINES = "stroke-linejoin: round; stroke-linecap: butt"


def as_svg(figure: Figure, prefix: str, alt: str = "") -> str:
    """The figure to stand in an HTML page, its text as text.

    The same figure gives the same bytes.

    Args:
        figure: as the functions beside make it.
        prefix: what its identifiers begin with, another one for each figure of a page: a letter,
            then letters, digits, ``-`` and ``_``.
        alt: what it shows, for those who cannot see it; empty takes its title.

    Raises:
        ValueError: such a prefix cannot begin an identifier.
    """
    if not re.fullmatch(r"[A-Za-z][\w-]*", prefix, re.ASCII):
        raise ValueError(f"expected a letter, then letters, digits, - and _, got {prefix!r}")
    drawn = _svg(figure)
    drawn = _STYLE.sub("", drawn[drawn.index("<svg") :], count=1)
    # Text has no tags in it: matplotlib writes < and > in it as entities.
    drawn = _TAG.sub(lambda tag: _ID.sub(rf"\g<1>{prefix}-", tag[0]), drawn)
    told = escape(alt or figure.get_suptitle().replace("\n", "; "))
    root = f'<svg role="img" aria-labelledby="{prefix}-title" style="{_LINES}"'
    head, rest = drawn.split(">", 1)
    title = f'<title id="{prefix}-title">{told}</title>'
    return f"{head.replace('<svg', root, 1)}>\n {title}{rest}".strip()


def save(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write ``name.svg`` and ``name.png`` into a folder that is there.

    Raises:
        ValueError: the name is no plain file name.
        OSError: they cannot be written.
    """
    if Path(name).name != name or name in {"", ".", ".."}:
        raise ValueError(f"expected a file name without folders, got {name!r}")
    vector, pixels = folder / f"{name}.svg", folder / f"{name}.png"
    vector.write_text(_svg(figure), encoding="utf-8", newline="\n")
    with settings():
        figure.savefig(pixels, format="png", dpi=DPI, metadata={"Software": None})
    return vector, pixels


def _svg(figure: Figure) -> str:
    """As matplotlib writes it, without date and version."""
    stored = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with settings():
        figure.savefig(stored, format="svg", metadata=nothing)
    return stored.getvalue()
