"""``headct analyze`` on a folder of many studies."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape

from headct import api
from headct.cli.progress import files_bar

if TYPE_CHECKING:
    from headct.analyze.worklist import WorkList
    from headct.api.bundles import BackendName
    from headct.report.worklist import Line

_MOST_SHOWN = 10


@dataclass(frozen=True)
class Asked:
    """What was asked of one study or many.

    Args:
        scan: where they lie.
        out: for the answer, or the list.
        window: (level, width) of pictures.
        spacing_mm: (slice, row, column) of pictures.
        allow_gaps: though slices are missing.
        bundle: what answers.
        backend: what runs it.
        workers: processes for many; None for one a core.
        limit_s: how long each of many may take; None for the usual.
    """

    scan: Path
    out: Path
    window: tuple[float, float] | None
    spacing_mm: tuple[float, float, float] | None
    allow_gaps: bool
    bundle: Path | str | None
    backend: "BackendName"
    workers: int | None
    limit_s: float | None

    @property
    def is_of_many(self) -> bool:
        """Whether a list is wanted, however many studies there are."""
        return self.workers is not None or self.limit_s is not None


def analyze_many(asked: Asked) -> None:
    """Answer them all, and tell the list; exit code 1 where none could be answered."""
    try:
        with files_bar("answering studies") as progress:
            found = api.analyze_studies(
                asked.scan,
                asked.out,
                window=asked.window,
                spacing_mm=asked.spacing_mm,
                allow_gaps=asked.allow_gaps,
                bundle=asked.bundle,
                backend=asked.backend,
                workers=asked.workers,
                limit_s=asked.limit_s,
                progress=progress,
            )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    except KeyboardInterrupt:
        Console(stderr=True).print("what is done is kept: the same command goes on from there")
        raise
    _tell(found, asked.out)
    if all(line.refused for line in found.lines):
        raise typer.Exit(1)


def _tell(found: "WorkList", out: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    counts = [f"{count} {one.said}" for one, count in found.listed.counts.items()]
    console.print(f"  {'studies':<13}{len(found.lines)}: {', '.join(counts)}")
    for line in found.lines[:_MOST_SHOWN]:
        if not line.refused:
            console.print(f"  {f'study {line.number:04d}':<13}{escape(_said(line))}")
    if len(found.lines) > _MOST_SHOWN:
        console.print(f"  {'':<13}and {len(found.lines) - _MOST_SHOWN} more")
    reasons: dict[str, int] = {}
    for line in found.lines:
        if line.refused:
            reasons[line.refused] = reasons.get(line.refused, 0) + 1
    for reason, count in list(reasons.items())[:_MOST_SHOWN]:
        console.print(f"  [yellow]{'refused':<13}[/]{count}: {escape(reason)}")
    if len(reasons) > _MOST_SHOWN:
        console.print(f"  {'':<13}and for {len(reasons) - _MOST_SHOWN} more reasons: see the list")
    for refusal in found.listed.left_aside:
        console.print(f"  {'left aside':<13}{escape(str(refusal))}")
    if found.answered:
        rate = 60 * found.answered / found.wall_s
        time = f"{found.wall_s:.0f} s for {found.answered} answered now, {rate:.0f} a minute"
        console.print(f"  {'time':<13}{time}")
    console.print(f"  {'list':<13}{escape(str(out / 'worklist.html'))}; for research use only")


def _said(line: "Line") -> str:
    """An answer in a few words."""
    said = ", ".join(name.replace("_", " ") for name in line.found)
    if not said:
        said = "none found" if line.present is False else "not decided"
    if line.volume_ml:
        said += f", {line.volume_ml:.1f} mL"
    if line.probability is not None:
        said += f", probability {line.probability:.2f}"
    elif line.score is not None and line.volume_ml is None:
        said += f", score {line.score:.3g}"
    if line.cross_check and not line.present:
        said += "; the cross-check sees hemorrhage"
    return said
