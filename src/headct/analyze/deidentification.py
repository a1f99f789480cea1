"""A folder of CT images without their patients: every image or the reason why not, and a report."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import Refusal, ScanError
from headct.core.finding import Progress
from headct.core.output import all_or_nothing
from headct.core.record import Record
from headct.core.series import Instance, Location, Scan, Series
from headct.core.volume import AIR_HU
from headct.dicom.confidentiality import Dates
from headct.dicom.deidentify import Subject, deidentify, is_derived
from headct.dicom.files import Reader
from headct.dicom.pseudonyms import Pseudonyms
from headct.dicom.repaint import Paint
from headct.dicom.rules import has_contrast, is_ct, is_ct_image
from headct.dicom.scan import scan
from headct.dicom.split import split
from headct.dicom.stack import stack
from headct.image.deface import find_face

REPORT_NAME = "deidentification.json"
IMAGES_NAME = "images"

Pixels = NDArray[np.bool_]


class NothingLeft(ScanError):  # noqa: N818 - it is what was found, named as such
    """No image could be de-identified; ``refused`` says why, one by one."""

    def __init__(self, refused: tuple[Refusal, ...]) -> None:
        super().__init__("no CT image was found that can be de-identified; nothing was written")
        self.refused = refused


@dataclass(frozen=True)
class Wish:
    """How to de-identify.

    Args:
        pseudonyms: drawn with whose key.
        dates: what becomes of dates and times.
        deface: whether the face is taken out of the pixels.
    """

    pseudonyms: Pseudonyms
    dates: Dates = Dates.REMOVE
    deface: bool = False


@dataclass
class Account:
    """What was done so far; never an old value.

    Args:
        images: how many were written.
        series: how many series they are of.
        defaced_pixels: how many pixels of them became air.
        changes: how often each action was taken, by attribute.
        unread: the files that are no DICOM images, by reason.
        reasons: the names of the images left out, by reason.
        warnings: what a person must look at.
    """

    images: int = 0
    series: int = 0
    defaced_pixels: int = 0
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    unread: tuple[Refusal, ...] = ()
    reasons: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    warnings: Counter[str] = field(default_factory=Counter)

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Each reason once, with some of the files it was for: for the screen alone."""
        images = (
            Refusal(
                f"{_files(len(names))} ({', '.join(names[:3])}{', …' * (len(names) > 3)})",
                why,
                len(names),
            )
            for why, names in self.reasons.items()
        )
        return (*self.unread, *images)

    def as_dict(self, record: Record) -> dict[str, object]:
        """Plain values for the report that goes with the images; no file names, they may tell."""
        changes: dict[str, dict[str, int]] = defaultdict(dict)
        for (attribute, action), count in sorted(self.changes.items()):
            changes[attribute][action] = count
        return {
            "images": self.images,
            "series": self.series,
            "defaced_pixels": self.defaced_pixels,
            "changes": changes,
            "refused": [{"files": r.count, "reason": r.reason} for r in self.refused],
            "warnings": [f"{_files(count)}: {what}" for what, count in self.warnings.items()],
            "record": record.as_dict(),
        }


def deidentify_folder(
    path: Path, out: Path, wish: Wish, progress: Progress | None = None
) -> Account:
    """Write every CT image under a path, without its patient, into a new folder.

    ``images/`` holds them by pseudonym, study and series under new names, for the old ones may
    tell; deidentification.json says what was changed. Where something fails, nothing is left.

    Args:
        path: a folder, a ZIP archive or a DICOM file.
        out: a folder to make.
        wish: how.
        progress: told after each image.

    Raises:
        NothingLeft: no image could be de-identified; it carries every reason.
        ScanError: nothing is there.
        OutputError: ``out`` holds something, or cannot be written.
    """
    with all_or_nothing(out) as folder:
        found = scan(path)
        account = Account(unread=found.refused)
        _write(found, folder / IMAGES_NAME, wish, account, progress)
        if not account.images:
            raise NothingLeft(account.refused)
        # The key is in no record, and neither is the path: folders may carry a patient's name.
        arguments = {"dates": wish.dates.value, "deface": wish.deface}
        text = json.dumps(account.as_dict(Record("deidentify", arguments)), indent=2)
        (folder / REPORT_NAME).write_text(text + "\n", encoding="utf-8")
    return account


def _write(
    found: Scan, images: Path, wish: Wish, account: Account, progress: Progress | None
) -> None:
    every = [series for study in found.studies for series in study.series]
    total = sum(len(_files_of(series)) for series in every)
    done = 0
    with Reader() as reader:
        for series in every:
            before = account.images
            faces = _faces(series, account) if wish.deface else None
            contrast = has_contrast(series)
            for number, (location, image) in enumerate(_files_of(series).items(), start=1):
                subject = Subject(image.patient_key or image.study_uid, contrast)
                try:
                    paint = None if faces is None else _paint(faces, image)
                    content, changes = deidentify(
                        reader.read(location), subject, wish.pseudonyms, wish.dates, paint
                    )
                except ScanError as error:
                    account.reasons[str(error)].append(location.name)
                else:
                    account.images += 1
                    account.changes += changes
                    account.warnings.update(_warnings(image, wish))
                    file = images / _place(image, subject, wish.pseudonyms) / f"{number:05d}.dcm"
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(content)
                done += 1
                if progress is not None:
                    progress(done, total)
            account.series += account.images > before


def _files_of(series: Series) -> Mapping[Location, Instance]:
    """The first frame of each file, file by file."""
    firsts: dict[Location, Instance] = {}
    for image in series.instances:
        firsts.setdefault(image.location, image)
    return firsts


def _place(image: Instance, subject: Subject, pseudonyms: Pseudonyms) -> Path:
    study = pseudonyms.short("study", image.study_uid)
    series = pseudonyms.short("series", image.series_uid)
    return Path(pseudonyms.patient(subject.patient)) / f"study-{study}" / f"series-{series}"


def _faces(series: Series, account: Account) -> Mapping[str, Pixels | str]:
    """Where the face is in each image, by SOP Instance UID; or why that is unknown."""
    faces: dict[str, Pixels | str] = {}
    if is_ct(series) or is_ct_image(series):
        return faces
    for part in split(series).series:
        try:
            volume = stack(part, allow_gaps=True)
            face = find_face(volume)
            why = face.reason if isinstance(face, Refusal) else ""
        except ScanError as error:
            face, why = Refusal("series", ""), str(error)
        if isinstance(face, Refusal):
            uids = {image.sop_instance_uid for image in part.instances}
            faces.update(dict.fromkeys(uids, f"its face cannot be found: {why}"))
            continue
        account.defaced_pixels += int(np.count_nonzero(face))
        faces.update(
            (source.sop_instance_uid, pixels)
            for source, pixels in zip(volume.sources, face, strict=True)
        )
    return faces


def _paint(faces: Mapping[str, Pixels | str], image: Instance) -> Paint:
    face = faces.get(image.sop_instance_uid, "its face cannot be found: not a slice of a head")
    if isinstance(face, str):
        raise ScanError(face)
    return Paint(face, AIR_HU)


def _warnings(image: Instance, wish: Wish) -> list[str]:
    warnings = []
    if is_derived(image.image_type):
        warnings.append("made from other images: look whether text was drawn into the pixels")
    if not wish.deface:
        warnings.append("the face can be rendered from a head CT: --deface takes it out")
    return warnings


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
