"""``headct deidentify``: CT images without their patients."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from headct import api
from headct.cli.progress import files_bar

if TYPE_CHECKING:
    from headct.analyze.deidentification import Account


def deidentify(
    scan: Annotated[
        Path, typer.Argument(help="Folder or ZIP of DICOM files, or a DICOM file.", metavar="IN")
    ],
    out: Annotated[Path, typer.Option(help="Folder to make for the images and the report.")],
    dates: Annotated[
        Literal["remove", "shift", "keep"],
        typer.Option(help="Remove dates, shift them by days of the patient's own, or keep them."),
    ] = "remove",
    deface: Annotated[
        bool, typer.Option("--deface", help="Take the face out of the pixels.")
    ] = False,
    key: Annotated[
        Path | None,
        typer.Option(help="File with a secret: the same one gives the same new IDs and UIDs."),
    ] = None,
) -> None:
    """Write CT images without what tells who the patient is (DICOM PS3.15, Annex E)."""
    with files_bar("de-identifying") as progress:
        account = api.deidentify(scan, out, dates=dates, deface=deface, key=key, progress=progress)
    _tell(account, Console(highlight=False, soft_wrap=True))
    if key is None:
        print("  key          drawn at random and forgotten: other files get other IDs and UIDs")


def _tell(account: "Account", console: Console) -> None:
    """Print what was done in a few lines."""
    actions: Counter[str] = Counter()
    attributes: Counter[str] = Counter()
    for (_, action), count in account.changes.items():
        actions[action] += count
        attributes[action] += 1
    console.print(f"  {'written':<13}{account.images} images of {account.series} series")
    for action, count in actions.most_common():
        console.print(f"  {'changed':<13}{action}: {count} values of {attributes[action]} kinds")
    if account.defaced_pixels:
        console.print(f"  {'face':<13}{account.defaced_pixels} pixels became air")
    for refusal in account.refused:
        console.print(f"  [yellow]{'refused':<13}[/]{escape(str(refusal))}")
    for warning, count in account.warnings.items():
        console.print(f"  [yellow]{'warning':<13}[/]{count} images: {escape(warning)}")
