"""A trained network over patients it did not learn from: figures, and shares of its attention."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from headct.cohort.open import open_cohort
from headct.cohort.store.entry import Key, Study
from headct.cohort.store.store import Store, open_store
from headct.core.case import Case
from headct.core.errors import Refusal
from headct.core.finding import Progress
from headct.core.output import all_or_nothing, check_free
from headct.core.volume import Heatmap, Mask
from headct.image.regions import Region
from headct.train.bundling.finished import Finished, read_finished
from headct.train.bundling.proof import trained_network
from headct.train.explaining.attention import Attention, Mean, means_of, shares_of
from headct.train.explaining.chosen import (
    Truth,
    check_fits,
    studies_of,
    truth_of,
    wanted_labels,
)
from headct.train.explaining.gallery import KINDS, Gallery
from headct.train.explaining.looking import Looked, look_at
from headct.train.explaining.regions import lesion_of, regions_of, with_lesion
from headct.train.explaining.scans import Scans, scans_of
from headct.train.explaining.sheet import Row
from headct.train.explaining.tables import write_tables
from headct.train.gather import ALL, identity_of


@dataclass(frozen=True)
class Wish:
    """What to explain, and how.

    Args:
        run: folder of a finished run of training.
        store: of the same pipeline.
        out: a folder to make.
        labels: whose heatmaps to make; empty for the task's first.
        part: "test", "validation" or "all"; empty for test patients, or else validation.
        cohort: that was prepared, to find skull and ventricles in its scans; None to find them in
            the frames.
        layout: how the cohort is filed; empty to find out.
        threshold: from which score of its highest slice on a study is called, for the figures.
        rows: of a figure, at most; 0 for no figures.
        seed: draws the rows, and the samples of intervals.
    """

    run: Path
    store: Path
    out: Path
    labels: tuple[str, ...] = ()
    part: str = ""
    cohort: Path | None = None
    layout: str = ""
    threshold: float = 0.5
    rows: int = 6
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ValueError(f"expected a threshold above 0 up to 1, got {self.threshold}")
        if self.rows < 0:
            raise ValueError(f"expected rows, or 0 for no figures, got {self.rows}")


@dataclass(frozen=True, eq=False)
class Explained:
    """What came of it.

    Args:
        part: of the run's patients.
        labels: that were explained.
        rows: of each study and label.
        means: over patients.
        figures: names of their files.
        refused: studies that do not count, by reason.
        remarks: what to know before trusting it.
    """

    part: str
    labels: tuple[str, ...]
    rows: tuple[Attention, ...]
    means: tuple[Mean, ...]
    figures: tuple[str, ...]
    refused: tuple[Refusal, ...]
    remarks: tuple[str, ...]


def explain(wish: Wish, progress: Progress | None = None) -> Explained:
    """Make heatmaps of a store's slices, say what lies beneath them, and draw some.

    Raises:
        TrainError: the run is not finished, does not fit the store, or its network has no maps.
        CohortError: the store cannot be read, or regions cannot be found in its frames.
        OutputError: ``out`` holds something, or cannot be written.
        ValueError: a label or part that there is none of.
    """
    check_free(wish.out)
    run, store = read_finished(wish.run), open_store(wish.store)
    check_fits(run, store)
    labels = wanted_labels(run, wish.labels)
    studies, part = studies_of(run, store, wish.part)
    cases = _cases(wish)
    asked = _Asked(run, trained_network(run), store, scans_of(run.pipeline, cases), labels)
    gallery = Gallery(wish.rows, wish.seed)
    rows: list[Attention] = []
    for number, study in enumerate(studies, start=1):
        for one in asked.about(study):
            rows.append(_attention(number, study, one))
            if wish.rows:
                row, kind = _picture(number, study, one, wish.threshold)
                gallery.offer(one.label, kind, row)
        if progress is not None:
            progress(number, len(studies))
    means = tuple(means_of(rows, seed=wish.seed))
    with all_or_nothing(wish.out) as folder:
        figures = gallery.write(folder)
        write_tables(folder, rows, means)
    return Explained(
        part=part,
        labels=labels,
        rows=tuple(rows),
        means=means,
        figures=figures,
        refused=_refused(rows),
        remarks=tuple(_remarks(run, store, studies, part)),
    )


@dataclass(frozen=True, eq=False)
class _Seen:
    """One label in one study."""

    label: str
    pixels: NDArray[np.uint8]
    scores: NDArray[np.float32]
    heatmap: Heatmap
    said: Mask | None
    truth: Truth
    regions: Mapping[str, Region] | Refusal
    lesion: Region | None


@dataclass(frozen=True, eq=False)
class _Asked:
    """A network, and what it is asked about."""

    run: Finished
    network: nn.Module
    store: Store
    scans: Scans
    labels: tuple[str, ...]

    def about(self, study: Study) -> Iterator[_Seen]:
        """Each label in a study."""
        rows = slice(study.slices.start, study.slices.stop)
        pixels = self.store.read(np.arange(rows.start, rows.stop))
        named = self.run.task.labels
        looked: Looked = look_at(self.network, pixels, study.grid, labels=named, wanted=self.labels)
        scan = self.scans.of(study, pixels)
        found = scan if isinstance(scan, Refusal) else regions_of(scan, study.grid)
        names = self.store.header.mask_names
        drawn = np.asarray(self.store.masks[rows]) if names else None
        for label in self.labels:
            lesion = None if drawn is None else lesion_of(drawn, names, label)
            yield _Seen(
                label=label,
                pixels=pixels,
                scores=looked.scores[:, named.index(label)],
                heatmap=looked.heatmaps[label],
                said=looked.mask,
                truth=truth_of(self.store, study, label),
                regions=found if isinstance(found, Refusal) else with_lesion(found, lesion),
                lesion=lesion,
            )


def _cases(wish: Wish) -> dict[Key, Case]:
    if wish.cohort is None:
        return {}
    found = open_cohort(wish.cohort, wish.layout)
    return {case.key: case for case in found.cohort.cases}


def _attention(number: int, study: Study, seen: _Seen) -> Attention:
    refused = seen.regions if isinstance(seen.regions, Refusal) else None
    shares = {} if isinstance(seen.regions, Refusal) else shares_of(seen.heatmap, seen.regions)
    dark = "" if shares else f"heatmap: nothing in it speaks for {seen.label}"
    return Attention(
        number=number,
        patient=study.patient,
        study=study.study,
        label=seen.label,
        truth=seen.truth.study,
        score=float(seen.scores.max()),
        raw_peak=seen.heatmap.raw_peak,
        shares=shares,
        told=str(refused) if refused else dark,
    )


def _picture(number: int, study: Study, seen: _Seen, threshold: float) -> tuple[Row, str]:
    """The highest slice of a study, or where it was missed of those that have the label."""
    is_called = bool(seen.scores.max() >= threshold)
    has_it = seen.truth.slices == 1
    is_missed = bool(seen.truth.study) and not is_called and has_it.any()
    index = int(np.where(has_it, seen.scores, -1.0).argmax() if is_missed else seen.scores.argmax())
    down_mm, across_mm = study.grid.spacing_mm
    names = () if seen.said is None else seen.said.names
    said = None if seen.said is None else lesion_of(seen.said.labels, names, seen.label)
    row = Row(
        number=number,
        slice_number=index + 1,
        pixels=seen.pixels[index, seen.pixels.shape[1] // 2],
        heat=seen.heatmap.weights[index] * np.float32(seen.heatmap.raw_peak),
        score=float(seen.scores[index]),
        is_called=bool(seen.scores[index] >= threshold),
        truth=seen.truth.of(index),
        drawn=None if seen.lesion is None else seen.lesion[index],
        said=None if said is None else said[index],
        aspect=down_mm / across_mm,
    )
    return row, KINDS[is_called, seen.truth.study]


def _refused(rows: list[Attention]) -> tuple[Refusal, ...]:
    """Why studies have no shares, each reason once."""
    counted = Counter(row.told for row in rows if row.told)
    parts = ((told.partition(": "), count) for told, count in counted.items())
    return tuple(Refusal(what, reason, count) for (what, _, reason), count in parts)


def _remarks(run: Finished, store: Store, studies: list[Study], part: str) -> Iterator[str]:
    if part == ALL and identity_of(store) == run.said["store"]:
        yield "patients who trained the network are among them: it may look where it learned to"
    unmeasured = sum(not study.grid.is_measured for study in studies)
    if unmeasured:
        yield (
            f"{unmeasured} of {len(studies)} studies state no pixel spacing: distances from "
            "ventricles and skull are by an assumed one"
        )
