"""Make the pictures of README and docs anew: python scripts/make_pictures.py (needs chromium).

Everything in them comes from the commands themselves, on digital heads.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from headct.core.volume import Volume
from headct.dicom.write import Header, write
from headct.phantom.body.anatomy import head
from headct.phantom.body.traits import follow_tilt
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

CHECKOUT = Path(__file__).parents[1]
IMAGES = CHECKOUT / "docs" / "images"
HEADCT = Path(sys.executable).with_name("headct")
DEMO = (
    ["headct", "phantom", "--out", "demo/phantom", "--tilt-deg", "15", "--slices", "14x4+16x7"],
    [
        *("headct", "analyze", "demo/phantom/dicom", "--out", "demo/answer"),
        *("--truth", "demo/phantom/truth.json"),
    ],
)
# Rows of the report of the demo, 1280 pixels wide; look at the pictures after making them.
SECTIONS = {
    "report": slice(0, 1265),
    "key-slices": slice(425, 1265),
    "looked": slice(1280, 1755),
    "viewer": slice(1780, 2470),
}
BROWSER = [
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--hide-scrollbars", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


def main() -> None:
    """Write the six pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        here = Path(folder)
        shoot_terminal([run(command, here) for command in DEMO], IMAGES / "demo.png", here)
        page = here / "page.png"
        shoot((here / "demo" / "answer" / "report.html").as_uri(), page, (1280, 3400), here)
        for name, rows in SECTIONS.items():
            save(cv2.imread(str(page))[rows], IMAGES / f"{name}.png")
        make_study(here / "study")
        command = ["headct", "inspect", "study"]
        shoot_terminal([run(command, here, columns=140)], IMAGES / "inspect.png", here, columns=140)


def run(command: list[str], here: Path, columns: int = 100) -> str:
    """The command as typed, and what it prints, with its colours."""
    environment = os.environ | {
        "FORCE_COLOR": "1",
        "COLUMNS": str(columns),
        "TERM": "xterm-256color",
    }
    done = subprocess.run(
        [str(HEADCT), *command[1:]],
        cwd=here,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return f"$ {' '.join(command)}\n{done.stdout}"


def shoot_terminal(texts: list[str], picture: Path, here: Path, columns: int = 100) -> None:
    """What was printed, as a terminal shows it."""
    with (here / "nothing").open("w") as nothing:
        console = Console(record=True, width=columns, file=nothing, force_terminal=True)
        for text in texts:
            console.print(Text.from_ansi(text))
    drawn = here / f"{picture.stem}.svg"
    drawn.write_text(console.export_svg(title="headct"), encoding="utf-8")
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawn.read_text()).groups()
    shoot(drawn.as_uri(), picture, (int(float(width)) + 1, int(float(height)) + 1), here)


def shoot(address: str, picture: Path, size: tuple[int, int], here: Path) -> None:
    """A screenshot of a page."""
    subprocess.run(
        [
            *BROWSER,
            f"--user-data-dir={here / 'browser'}",
            f"--screenshot={picture}",
            f"--window-size={size[0]},{size[1]}",
            "--virtual-time-budget=4000",
            address,
        ],
        check=True,
        capture_output=True,
    )
    save(cv2.imread(str(picture)), picture)


def save(pixels: NDArray[np.uint8], picture: Path) -> None:
    """As small as PNG gets."""
    cv2.imwrite(str(picture), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def make_study(folder: Path) -> None:
    """A study as a scanner sends it: scout view, soft and bone kernel, angiography, perfusion."""
    drawn = head(1, ranges=follow_tilt(15.0))
    protocol = Protocol((Block(14, 4.0, 4.0), Block(16, 7.0, 7.0)), tilt_deg=15.0)
    phantom = scan_head(drawn, [], protocol, seed=1)
    volume = phantom.volume
    two = Volume(volume.hu[:2], volume.grid.slices(range(2)))
    axial, derived = ("ORIGINAL", "PRIMARY", "AXIAL"), ("DERIVED", "SECONDARY", "MIP")
    for number, (description, kernel, image_type, shown) in enumerate(
        [
            ("Scout", "SOFT", ("ORIGINAL", "PRIMARY", "LOCALIZER"), two),
            ("Head 4/7 mm", "SOFT", axial, volume),
            ("Head bone", "BONEPLUS", axial, volume),
            ("CTA head MIP", "SOFT", derived, volume),
            ("Perfusion CBF", "SOFT", ("DERIVED", "PRIMARY", "AXIAL"), volume),
        ],
        start=1,
    ):
        header = Header(
            series_number=number,
            series_description=description,
            kernel=kernel,
            image_type=image_type,
        )
        thick = phantom.thickness_mm[: len(shown.hu)].tolist()
        write(shown, folder / str(number), header, seed="study", thickness_mm=thick)


if __name__ == "__main__":
    main()
