"""Every trap against every reader: ``python -m bench.traps``, or with ``--page`` into a page."""

import argparse
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.traps.folders import PLAIN, TRAPS, Trap, Truths
from bench.traps.readers import READERS, Outcome, Reader, try_reader
from bench.traps.score import score

BEGIN, END = "<!-- begin: python -m bench.traps -->", "<!-- end -->"
_LONGEST = 240


@dataclass(frozen=True)
class Verdict:
    """What one reader made of one trap, in a cell, and in its own words."""

    cell: str
    said: str = ""


def main() -> int:
    """Print the tables, or write them between the marks of a page."""
    parser = argparse.ArgumentParser(prog="python -m bench.traps", description=__doc__)
    parser.add_argument("--page", type=Path, help="a page to write the tables into")
    page = parser.parse_args().page
    tables = "\n".join(compare())
    if page is None:
        print(tables)
        return 0
    text = page.read_text()
    if BEGIN not in text or END not in text:
        print(f"{page.name} lacks the lines {BEGIN} and {END}", file=sys.stderr)
        return 2
    before, after = text.split(BEGIN)[0], text.split(END, 1)[1]
    page.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}")
    return 0


def compare() -> list[str]:
    """Lines of Markdown: versions, the table, and what was said."""
    versions = {reader: reader.version for reader in READERS}
    there = [reader for reader, version in versions.items() if version is not None]
    absent = [reader.name for reader, version in versions.items() if version is None]
    named = ", ".join(f"{reader.name} {versions[reader]}" for reader in there)
    lines = [f"With {named}; Python {platform.python_version()}.", ""]
    if absent:
        lines += [f"Not installed, so left out: {', '.join(absent)}.", ""]
    verdicts = {reader: judge_all(reader) for reader in there}
    lines += [
        f"| trap | {' | '.join(reader.name for reader in there)} |",
        "|---" * (len(there) + 1) + "|",
    ]
    for trap in TRAPS:
        cells = [verdicts[reader][trap].cell for reader in there]
        lines.append(f"| {trap.name} | {' | '.join(cells)} |")
    return [*lines, "", *words(there, verdicts)]


def words(there: list[Reader], verdicts: dict[Reader, dict[Trap, Verdict]]) -> list[str]:
    """The second table: what headct said, and others where they were not right."""
    said = [
        f"| {trap.name} | {reader.name} | {verdicts[reader][trap].said} |"
        for trap in TRAPS
        for reader in there
        if verdicts[reader][trap].said
        and (reader is READERS[0] or verdicts[reader][trap].cell != "right")
    ]
    return ["| trap | reader | says |", "|---|---|---|", *said]


def judge_all(reader: Reader) -> dict[Trap, Verdict]:
    """A verdict on each trap; what is said of the plain series as well is no warning."""
    verdicts: dict[Trap, Verdict] = {}
    usual: set[str] = set()
    with TemporaryDirectory() as root:
        for number, trap in enumerate(TRAPS):
            folder = Path(root) / f"trap{number:02d}"
            truths = trap.lay(folder)
            outcome = try_reader(reader, folder)
            if trap is PLAIN:
                usual = {_without_figures(line) for line in outcome.said}
            news = [line for line in outcome.said if _without_figures(line) not in usual]
            verdicts[trap] = judge(outcome, truths, news)
    return verdicts


def judge(outcome: Outcome, truths: Truths, said: list[str]) -> Verdict:
    """Right, refused, or wrong; wrong without a word is silently wrong."""
    if outcome.refusal:
        return Verdict("refused", _cell(outcome.refusal))
    readings = list(outcome.readings)
    alone = [score([reading], truths) for reading in readings]
    right = sum(errors.is_right for errors in alone)
    shown = _cell("; ".join(dict.fromkeys(said)))
    if right == len(readings):
        return Verdict("right", shown)
    if score(readings, truths).is_right:
        return Verdict(f"right, in {len(readings)} files", shown)
    nearest = min(
        (errors for errors in alone if not errors.is_right), key=lambda errors: errors.farthest_mm
    )
    if right:
        return Verdict(f"{right} of {len(readings)} files right, else {nearest}", shown)
    of_several = f" (best of {len(readings)} files)" if len(readings) > 1 else ""
    return Verdict(f"{'warns' if said else '**silent**'}: {nearest}{of_several}", shown)


def _without_figures(line: str) -> str:
    return re.sub(r"[\d.]+|0x[0-9a-f]+", "#", line)


def _cell(text: str) -> str:
    """Text for a cell: one line, not too long, without bars, addresses and folders."""
    bare = re.sub(r"WARNING: In \S+, line \d+;?|\(?0x[0-9a-f]+\)?|(/[\w.+-]+)+/", "", text)
    line = " ".join(bare.split()).replace("|", "/")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"


if __name__ == "__main__":
    sys.exit(main())
