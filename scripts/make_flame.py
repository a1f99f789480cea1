"""Draw where the time of a command goes: a flame graph from the stacks that py-spy collects.

    py-spy record -r 400 -f raw -o stacks.txt -- headct analyze FOLDER --out answer
    python scripts/make_flame.py stacks.txt docs/images/flame.svg

Python's machinery of importing is left out, so that a block stands for what is imported; so is a
thread that waits for work.
"""

import re
import sys
from collections.abc import Iterable
from html import escape
from pathlib import Path

WIDTH, ROW, LEAST = 1200, 19, 3  # pixels; narrower blocks are not drawn
DEEPEST = 16
COLOURS = {"import ": "#d9d9d9", "headct": "#8fbcd4"}
OTHER = "#e8c9a0"
LINE = re.compile(r"(?P<what>.+) \((?P<where>[^)]*?)(:\d+)?\)")
Tree = dict[str, tuple[int, "Tree"]]


def main() -> int:
    """Read the stacks, write the picture."""
    source, target = map(Path, sys.argv[1:])
    tree: Tree = {}
    total = 0
    for line in source.read_text().splitlines():
        stack, count = line.rsplit(" ", 1)
        frames = [frame for frame in map(_name, stack.split(";")) if frame]
        if frames and not frames[-1].startswith("_worker"):
            total += int(count)
            _add(tree, frames[:DEEPEST], int(count))
    blocks = list(_blocks(tree, 0, 0, total))
    height = ROW * (1 + max(row for row, *_ in blocks))
    frame = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
    parts = [f'<svg {frame} font-family="DejaVu Sans, sans-serif" font-size="11">']
    for row, start, count, name in blocks:
        left, wide = WIDTH * start / total, WIDTH * count / total
        if wide < LEAST:
            continue
        kind = next((key for key in COLOURS if key in name), "")
        shown = escape(name[: int(wide / 6.3)]) if wide > 24 else ""
        parts.append(
            f'<rect x="{left:.1f}" y="{row * ROW}" width="{wide - 0.5:.1f}" height="{ROW - 1}" '
            f'fill="{COLOURS.get(kind, OTHER)}"><title>{escape(name)}: {count / total:.1%}</title>'
            f'</rect><text x="{left + 3:.1f}" y="{row * ROW + 13}">{shown}</text>'
        )
    target.write_text("\n".join([*parts, "</svg>\n"]))
    return 0


def _name(frame: str) -> str:
    found = LINE.fullmatch(frame)
    if found is None or "importlib" in found["where"]:
        return ""
    where = found["where"]
    return f"import {where}" if found["what"] == "<module>" else f"{found['what']} ({where})"


def _add(tree: Tree, frames: list[str], count: int) -> None:
    for frame in frames:
        had, below = tree.get(frame, (0, {}))
        tree[frame] = (had + count, below)
        tree = below


def _blocks(tree: Tree, row: int, start: int, total: int) -> Iterable[tuple[int, int, int, str]]:
    for name, (count, below) in sorted(tree.items(), key=lambda item: -item[1][0]):
        yield row, start, count, name
        if WIDTH * count / total >= LEAST:
            yield from _blocks(below, row + 1, start, total)
        start += count


if __name__ == "__main__":
    sys.exit(main())
