"""One study from files to an answer: the main job."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from headct.analyze.together import disagreement, together
from headct.core.errors import NothingUsable, Refusal, ScanError
from headct.core.finding import Prediction
from headct.core.record import Record
from headct.core.series import Location
from headct.core.volume import Volume
from headct.dicom.compressed import LOSSY_NOTE, PERHAPS_LOSSY_NOTE
from headct.dicom.gaps import missing_after
from headct.image.formats.offer import Choice, Reading, offer, offer_dicom
from headct.image.geometry import upright
from headct.image.head import Intracranial, intracranial
from headct.predict.classical import find, slabs_of
from headct.report.answer import Answer

if TYPE_CHECKING:
    from headct.predict.infer import Runner

Watch = Callable[[str], None]

# An adult's is 1100 to 1700 mL; a series that ends early shows less.
WHOLE_ML = 900.0
# The end slices of 62 heads in CT-ICH, 5 mm apart and taken for 230 mm wide, show up to 36 cm² at
# the top, and up to 32 at the bottom, where most reach the spinal canal. Without its topmost slice
# 37 of 62 would show more than 40 cm², without two 59; some 10 mL are missing then.
TOP_CM2, BOTTOM_CM2 = 40.0, 60.0


def unwatched(stage: str) -> None:
    """Tell nobody."""


@dataclass
class Timing:
    """Seconds by stage, in the order run; ``watch`` is told when a stage begins."""

    watch: Watch
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of what runs inside to a stage."""
        self.watch(name)
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start


@dataclass(frozen=True, eq=False)
class Trained:
    """A bundle to ask, opened elsewhere: who asks none pays for none.

    Args:
        runner: that asks it.
        sha256: of the bundle's file.
        backend: what runs it, with its version.
    """

    runner: "Runner"
    sha256: str
    backend: str


@dataclass(frozen=True, eq=False)
class _Head:
    """A scan that is a head: as read, as the finder wants it, and its skull."""

    choice: Choice
    volume: Volume
    slabs: Volume
    skull: Intracranial


def analyze(
    path: Path,
    reading: Reading,
    watch: Watch = unwatched,
    trained: Trained | None = None,
    *,
    files: Sequence[Path | Location] = (),
) -> Answer:
    """Read one study, find what is in it, and gather the answer.

    Args:
        path: a folder or ZIP of DICOM files, a DICOM file, a NIfTI file, or pictures.
        reading: how to read it.
        watch: told each stage as it begins: find, read, skull, predict, network.
        trained: a bundle that gives the answer, with the classical finder as cross-check. None
            leaves it to the finder alone.
        files: the DICOM files of the study, where the path holds others; none for all.

    Raises:
        BundleError: the bundle's pipeline and network do not fit each other.
        NothingUsable: no series is a head CT that can be trusted; it carries every reason.
        ScanError: the path itself cannot be used.
    """
    timing = Timing(watch)
    with timing.stage("find"):
        offered = offer_dicom(path, reading, files) if files else offer(path, reading)
    refused = list(offered.refused)
    head = None
    for choice in offered.choices:
        if head is not None:
            refused.append(Refusal(choice.name, f"another was preferred ({choice.ranking})"))
            continue
        tried = _try(choice, timing)
        if isinstance(tried, Refusal):
            refused.append(tried)
        else:
            head = tried
    if head is None:
        raise NothingUsable(tuple(refused), tried=len(offered.choices))
    classical, asked = _predict(head, trained, timing)
    answer, other = together(classical, asked)
    missing = missing_slices(head)
    is_measured = head.volume.grid.is_measured
    intracranial_ml = head.skull.volume_ml if is_measured else None
    return Answer(
        volume=head.volume,
        prediction=answer,
        series_name=head.choice.name,
        record=_record(head, reading, trained),
        missing_after=missing,
        refused=tuple(refused),
        warnings=(
            *(() if other is None else disagreement(answer, other)),
            *head.choice.warnings,
            *_warnings(head, missing, intracranial_ml),
        ),
        cross_check=other,
        intracranial_volume_ml=intracranial_ml,
        timing_s=timing.seconds,
    )


def _try(choice: Choice, timing: Timing) -> _Head | Refusal:
    try:
        with timing.stage("read"):
            volume = upright(choice.read())
        with timing.stage("skull"):
            slabs = slabs_of(volume)
            skull = intracranial(slabs)
    except ScanError as error:
        return Refusal(choice.name, str(error).removeprefix(f"{choice.name}: "))
    if isinstance(skull, Refusal):
        return Refusal(choice.name, skull.reason)
    return _Head(choice, volume, slabs, skull)


def _predict(
    head: _Head, trained: Trained | None, timing: Timing
) -> tuple[Prediction, Prediction | None]:
    """What the finder says, and a bundle where there is one: side by side, as each leaves cores."""
    with ThreadPoolExecutor(1) as beside:
        seeing = None if trained is None else beside.submit(trained.runner.see, head.volume)
        with timing.stage("predict"):
            classical = find(head.slabs, head.skull, head.volume.grid)
        if trained is None or seeing is None:
            return classical, None
        with timing.stage("network"):  # what it takes beyond the finder
            return classical, trained.runner.answer(seeing.result(), head.volume.grid, classical)


def missing_slices(head: _Head) -> tuple[int, ...]:
    """Indices of the slices after which slices are missing, by the rule that reading used."""
    sources = head.volume.sources
    stated = head.choice.thickness_mm
    return missing_after(
        head.volume.grid, [stated.get((s.sop_instance_uid, s.frame)) for s in sources]
    )


def _record(head: _Head, reading: Reading, trained: Trained | None) -> Record:
    arguments, inputs = _arguments(reading), {"hu": _sha256(head.volume)}
    if trained is not None:
        arguments["backend"] = trained.backend
        inputs["bundle"] = trained.sha256
    return Record("analyze", arguments, inputs=inputs)


def _warnings(
    head: _Head, missing: tuple[int, ...], intracranial_ml: float | None
) -> Iterator[str]:
    for line in head.volume.history:
        if LOSSY_NOTE in line or PERHAPS_LOSSY_NOTE in line:
            yield line
    if not head.volume.grid.is_measured:
        yield "pixel spacing is not known: no volume is given in mL (state it: --spacing-mm)"
    if missing:
        places = ", ".join(str(i + 1) for i in missing)
        yield f"slices are missing after slice {places}: volumes there are a guess from the others"
    if intracranial_ml is not None and intracranial_ml < WHOLE_ML:
        yield (
            f"the scan shows {intracranial_ml:.0f} mL inside the skull, less than a whole adult "
            f"head ({WHOLE_ML:.0f} mL or more): it may end early, or be a child's"
        )
    if head.volume.grid.is_measured:
        yield from _cut_off(head.skull)


def _cut_off(skull: Intracranial) -> Iterator[str]:
    """What an end slice says of brain beyond it, which no distance between slices can."""
    bottom_cm2, top_cm2 = skull.areas_cm2[[0, -1]]
    if top_cm2 > TOP_CM2:
        yield (
            f"the top of the head is cut off: {top_cm2:.0f} cm² of brain in the topmost slice, "
            f"expected at most {TOP_CM2:.0f}; volumes may be too small"
        )
    if bottom_cm2 > BOTTOM_CM2:
        yield (
            f"the base of the head is cut off: {bottom_cm2:.0f} cm² of brain in the lowest slice, "
            f"expected at most {BOTTOM_CM2:.0f}; volumes may be too small"
        )


def _sha256(volume: Volume) -> str:
    """Hash of the HU as they were analyzed, to know the same scan again."""
    return sha256(np.ascontiguousarray(volume.hu).data).hexdigest()


def _arguments(reading: Reading) -> dict[str, str | float | bool | None]:
    return {
        "window": None if reading.window is None else "{:g} {:g}".format(*reading.window),
        "spacing_mm": None
        if reading.spacing_mm is None
        else " ".join(f"{s:g}" for s in reading.spacing_mm),
        "allow_gaps": reading.allow_gaps,
    }
