"""Answers to report, small enough to be made in milliseconds, and a real Chromium to look with.

Chromium is driven over pipes by its own protocol: the page is tested as it runs.
"""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import cos, radians, sin
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headct.core.errors import Refusal
from headct.core.finding import Finding, Prediction
from headct.core.grid import Grid
from headct.core.record import Record
from headct.core.volume import Mask, SliceSource, Volume
from headct.report.answer import Answer
from headct.report.save import save

UNEVEN_MM = (4.0, 4.0, 4.0, 1.08, 7.0, 7.0, 7.0)
ROWS, COLUMNS, SPACING_MM = 60, 48, (3.5, 3.0)


def head(distances_mm=(5.0,) * 7, tilt_deg=0.0, *, is_measured=True):
    """An ellipsoid of brain in a skull; its slices lean by the tilt, the table moves along z."""
    lean = radians(tilt_deg)
    row_axis = np.array([0.0, cos(lean), -sin(lean)])
    heights = np.concatenate([[0.0], np.cumsum(distances_mm)]) / cos(lean)
    corner = [-COLUMNS / 2 * SPACING_MM[1], -ROWS / 2 * SPACING_MM[0], 0.0]
    grid = Grid(
        shape=(len(heights), ROWS, COLUMNS),
        origins_mm=np.array(corner) + heights[:, None] * np.array([0.0, 0.0, 1.0]),
        column_axis=np.array([1.0, 0.0, 0.0]),
        row_axis=row_axis,
        spacing_mm=SPACING_MM,
        is_measured=is_measured,
    )
    down, across = np.mgrid[:ROWS, :COLUMNS]
    radius = np.hypot((across - COLUMNS / 2) / 20, (down - ROWS / 2) / 26)
    plane = np.select([radius < 0.9, radius < 1.0, radius < 1.1], [34.0, 1200.0, 30.0], -1000.0)
    hu = np.repeat(plane[None].astype(np.float32), len(heights), axis=0)
    sources = tuple(SliceSource(f"IM{i:02d}", f"1.2.826.0.1.{i}") for i in range(len(heights)))
    return Volume(hu, grid, sources, history=("sorted along the normal",))


def bleed(volume):
    """Labels: a block of one kind in slices 2 to 4, and one pixel of another in slice 4."""
    labels = np.zeros(volume.hu.shape, dtype=np.uint8)
    labels[2:5, 20:30, 26:32] = 1
    labels[3, 19, 26:32] = 1
    labels[4, 40, 20] = 2
    return Mask(labels, volume.grid, ("intraparenchymal", "subdural"))


def tell(volume, mask=None, findings=None, **more):
    """An answer about a scan: that its mask is a bleed, unless findings say something else."""
    if findings is None:
        has_ml = volume.grid.is_measured and mask is not None
        total_ml = sum(map(mask.volume_ml, mask.names)) if has_ml else None
        findings = (
            Finding(
                "any_hemorrhage",
                present=mask is not None,
                score=0.875 if mask is not None else 0.125,
                score_kind="share of dense voxels",
                threshold=0.5,
                volume_ml=total_ml,
                volume_interval_ml=None if total_ml is None else (total_ml / 2, total_ml * 2),
                slices=(2, 3, 4) if mask is not None else (),
                evidence=("61 HU on average",),
            ),
        )
    prediction = Prediction(
        "classical",
        "1.0",
        findings,
        mask,
        set_aside=(Refusal("bright spot, slice 3", "calcification"),),
    )
    record = Record("analyze", {"scan": "/data/DOE^JANE/IM01", "allow_gaps": False})
    return Answer(volume, prediction, "series 2 (HEAD)", record, **more)


@pytest.fixture(scope="session")
def even():
    """A bleed in a straight scan of even distances."""
    volume = head()
    return tell(
        volume,
        bleed(volume),
        missing_after=(5,),
        refused=(Refusal("series 1", "localizer"),),
        warnings=("the patient moved",),
        intracranial_volume_ml=1400.0,
        timing_s={"read": 0.25},
    )


@pytest.fixture(scope="session")
def uneven():
    """A bleed in a tilted scan of mixed distances."""
    volume = head(UNEVEN_MM, 18.5)
    return tell(volume, bleed(volume))


@pytest.fixture(scope="session")
def unmeasured():
    """A bleed in pictures whose spacing nobody knows."""
    volume = head(is_measured=False)
    return tell(volume, bleed(volume))


@pytest.fixture(scope="session")
def clear():
    """A scan in which a method that draws nothing found nothing."""
    return tell(head(UNEVEN_MM, 18.5))


@pytest.fixture(scope="session")
def make():
    """The makers themselves: ``head``, ``bleed`` and ``tell``."""
    return {"head": head, "bleed": bleed, "tell": tell}


CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--hide-scrollbars", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-pipe"),
)
_KEY_CODES = {"ArrowUp": 38, "ArrowDown": 40, "PageUp": 33, "Home": 36, "End": 35}
_WAIT_S = 30.0


class Browser:
    """One tab: what it logged, what it asked for, and what its scripts answer."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._number, self._rest = 0, b""
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Send a command and wait for its answer, keeping the events that come before it."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._from, 1 << 20)
            assert part, "the browser went away"
            self._rest += part
        line, self._rest = self._rest.split(b"\0", 1)
        message = json.loads(line)
        if "method" in message:
            self.events.append(message)
        return message

    def open(self, page: Path, width: int = 1280, height: int = 900, *, dark: bool = False) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=page.resolve().as_uri())
        self.wait("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        end = time.monotonic() + _WAIT_S
        while not self.run(condition):
            assert time.monotonic() < end, f"never became true: {condition}"
            time.sleep(0.02)

    def press(self, key: str) -> None:
        code = _KEY_CODES.get(key, ord(key[0].upper()))
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code)

    def mouse(self, kind: str, x: float, y: float, **more: object) -> None:
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def screenshot(self, path: Path) -> None:
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self) -> list[dict[str, Any]]:
        """What went to the console or was refused by the page's policy."""
        kinds = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [event for event in self.events if event["method"] in kinds]

    def requests(self) -> list[str]:
        """Addresses that the page asked for, other than data inside itself."""
        sent = [e for e in self.events if e["method"] == "Network.requestWillBeSent"]
        urls = [event["params"]["request"]["url"] for event in sent]
        return [url for url in urls if not url.startswith("data:")]


@contextmanager
def running(profile: Path) -> Iterator[Browser]:
    """Start Chromium with a profile of its own, and end it."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install chromium to test the page as it runs")
    ends = [os.pipe(), os.pipe()]
    # Chromium reads commands from 3 and answers on 4: keep our own ends clear of those numbers.
    (their_in, to_it), (from_it, their_out) = [
        tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in pair) for pair in ends
    ]
    for pair in ends:
        for end in pair:
            os.close(end)

    def hand_over() -> None:
        os.dup2(their_in, 3)
        os.dup2(their_out, 4)

    process = subprocess.Popen(
        [CHROMIUM, *_FLAGS, f"--user-data-dir={profile}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(3, 4),
        preexec_fn=hand_over,  # noqa: PLW1509 - it only renumbers two pipes
    )
    os.close(their_in)
    os.close(their_out)
    try:
        yield Browser(to_it, from_it)
    finally:
        os.close(to_it)  # Chromium leaves when its commands end
        os.close(from_it)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    with running(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture(scope="session")
def saved(even, tmp_path_factory):
    """The folder of the answer with a bleed."""
    out = tmp_path_factory.mktemp("saved") / "answer"
    save(even, out)
    return out
