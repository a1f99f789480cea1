"""Two folders of masks, predicted and true → a score for each case that both have.

A mask is a ``mask_exact.npz`` as ``headct analyze`` writes it, or a NIfTI file. Files are matched
by where they lie under their folder: ``site/12.nii.gz`` is case ``site/12``, and so is the only
mask in a folder ``site/12/``, whatever it is called. Of the copies that ``headct analyze`` writes
of one mask, the exact one is taken.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from headct.batch.order import Where
from headct.batch.processes import Processes
from headct.core.errors import MeasureError, Refusal, ScanError, UnnamedValue
from headct.core.labels import ANY_HEMORRHAGE, check_label
from headct.core.volume import Mask
from headct.image.formats.nifti import read_nifti_mask
from headct.image.turn import LPS_AXES, turn_array, turn_grid, turn_towards
from headct.measure.masks.case import MaskCase, MaskRules, score_masks
from headct.measure.reading.case_patients import read_case_patients
from headct.report.masks import EXACT_NAME, NIFTI_NAME, RESAMPLED_NAME, read_exact

# In the order of preference, where several lie in one folder.
_COPIES = (EXACT_NAME, NIFTI_NAME, RESAMPLED_NAME)
_SUFFIXES = (".npz", ".nii.gz", ".nii")
_NAMES_OF = {"true": "truth_names", "predicted": "predicted_names"}


@dataclass(frozen=True)
class MaskPair:
    """The two masks of one case.

    Args:
        name: of the case, for lists that the user asked for, never for messages.
        predicted: file.
        truth: file.
    """

    name: str
    predicted: Path
    truth: Path


@dataclass(frozen=True)
class MaskReading:
    """How masks are read and scored.

    Args:
        truth_names: what the values of a true NIfTI mask stand for, from 1 up; an exact mask
            tells its own.
        predicted_names: likewise of a predicted one.
        rules: what is a choice in scoring.
        patients: whose a case is, by its name; or a table of it, see ``read_case_patients``;
            without it every case is another patient's.
        subset: whether cases that one folder lacks are left out and counted, or refused.
    """

    truth_names: tuple[str, ...] = (ANY_HEMORRHAGE,)
    predicted_names: tuple[str, ...] = (ANY_HEMORRHAGE,)
    rules: MaskRules = field(default_factory=MaskRules)
    patients: Mapping[str, str] | Path | None = None
    subset: bool = False

    def __post_init__(self) -> None:
        for names in (self.truth_names, self.predicted_names):
            if not names or len(set(names)) != len(names):
                raise ValueError(f"expected a name for each value of a mask, once, got {names}")
            for name in names:
                check_label(name)


@dataclass(frozen=True, eq=False)
class ScoredMasks:
    """What came of two folders.

    Args:
        cases: scored, in order of their names.
        refused: what was left out, and why: no identifiers.
    """

    cases: tuple[MaskCase, ...]
    refused: tuple[Refusal, ...]


def score_mask_folders(
    predictions: Path,
    truth: Path,
    reading: MaskReading | None = None,
    *,
    where: Where | None = None,
) -> ScoredMasks:
    """Score every predicted mask beside the true one.

    Masks are brought to one orientation first, by counting voxels along other axes; nothing is
    resampled. A pair that cannot be read, or lies on different grids, is left out and told. What
    values stand for is said once for all, so a value without a name ends it.

    Args:
        predictions: folder of predicted masks.
        truth: folder of true ones.
        reading: how they are read and scored.
        where: what runs over the cases; this process alone where None.

    Raises:
        MeasureError: a folder holds no mask, or two for a case; a case lacks its other mask and
            ``subset`` is off; a case has no patient; a mask holds a value that no label is stated
            for, or has no label in common with the other; or no case could be scored.
    """
    reading = MaskReading() if reading is None else reading
    pairs, refused = match_masks(predictions, truth, subset=reading.subset)
    patients = _patients_of(pairs, reading.patients)
    alone = replace(reading, patients=None)
    run = Processes() if where is None else where
    lost = list(refused)
    numbered = list(enumerate(pairs, start=1))
    cases: list[MaskCase] = []
    with closing(run(partial(_score, alone, len(pairs)), numbered)) as results:
        for pair, result in zip(pairs, results, strict=True):
            if isinstance(result, Refusal):
                lost.append(result)
            else:
                cases.append(replace(result, patient=patients[pair.name]))
    if not cases:
        raise MeasureError(
            f"none of {len(pairs)} pairs of masks could be scored; the last: {lost[-1]}"
        )
    return ScoredMasks(tuple(cases), tuple(lost))


def match_masks(
    predictions: Path, truth: Path, *, subset: bool = False
) -> tuple[tuple[MaskPair, ...], tuple[Refusal, ...]]:
    """The masks of two folders, matched by case, and what has no match.

    Raises:
        MeasureError: a folder holds no mask, or two for a case; no case is in both; or a case
            lacks its other mask and ``subset`` is off.
    """
    predicted, true = _find(predictions, "predicted"), _find(truth, "true")
    own = {file.names[0]: file.path for file in predicted}
    any_name = {name: file.path for file in predicted for name in file.names}
    pairs: list[MaskPair] = []
    used: set[Path] = set()
    # By their own names first: what is left may answer to that of its folder.
    for file, paths in (*((f, own) for f in true), *((f, any_name) for f in true)):
        names = file.names[:1] if paths is own else file.names
        free = [name for name in names if name in paths and paths[name] not in used]
        if free and file.path not in used:
            pairs.append(MaskPair(free[0], paths[free[0]], file.path))
            used |= {paths[free[0]], file.path}
    lacking = (
        ("true masks", len(true) - len(pairs), "no predicted one"),
        ("predicted masks", len(predicted) - len(pairs), "no true one"),
    )
    told = tuple(
        Refusal(what, f"{count} with {lack} of the same name", count)
        for what, count, lack in lacking
        if count
    )
    if not pairs:
        raise MeasureError(
            f"no case is in both folders: {len(predicted)} predicted masks and {len(true)} true "
            "ones have no name in common; name files, or their folders, alike"
        )
    if told and not subset:
        raise MeasureError(
            f"{'; '.join(map(str, told))}; {_first_unmatched(true, predicted, used)}: add what is "
            "missing (a mask without anything drawn, where nothing was found), or give --subset "
            "(subset=True), which leaves these cases out and counts them"
        )
    return tuple(sorted(pairs, key=lambda pair: pair.name)), told


@dataclass(frozen=True)
class _File:
    """A mask, and the names it answers to, its own first."""

    path: Path
    names: tuple[str, ...]


def _find(folder: Path, which: str) -> list[_File]:
    """The masks under a folder, in order of their paths."""
    if not folder.is_dir():
        found = "this is a file" if folder.exists() else "there is none of this name"
        raise MeasureError(f"expected a folder of {which} masks: {found}")
    by_folder: dict[Path, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        is_mask = path.name.endswith(_SUFFIXES) and not path.name.startswith(".")
        if is_mask and path.is_file():
            by_folder.setdefault(path.parent, []).append(path)
    files = [
        _File(path, _names(path, folder, is_lone=len(kept) == 1))
        for paths in by_folder.values()
        for kept in (_without_copies(paths),)
        for path in kept
    ]
    if not files:
        raise MeasureError(
            f"the folder of {which} masks holds none: expected {EXACT_NAME} or NIfTI (.nii, "
            ".nii.gz), one a case"
        )
    if len({file.names[0] for file in files}) != len(files):
        raise MeasureError(
            f"two {which} masks are of one case: they differ only in how their names end; keep one"
        )
    return files


def _without_copies(paths: list[Path]) -> list[Path]:
    copies = [path for name in _COPIES for path in paths if path.name == name]
    return [path for path in paths if path not in copies[1:]]


def _names(path: Path, root: Path, *, is_lone: bool) -> tuple[str, ...]:
    at = path.relative_to(root)
    stem = next(at.name.removesuffix(end) for end in _SUFFIXES if at.name.endswith(end))
    full, folder = (at.parent / stem).as_posix(), at.parent.as_posix()
    if not is_lone or at.parent == Path():
        return (full,)
    return (folder, full) if at.name in _COPIES else (full, folder)


def _first_unmatched(true: list[_File], predicted: list[_File], used: set[Path]) -> str:
    """Where the first mask without a match stands, by number, not by name."""
    return next(
        f"the first is {which} mask {number} of {len(files)} in order of names"
        for which, files in (("true", true), ("predicted", predicted))
        for number, file in enumerate(files, start=1)
        if file.path not in used
    )


def _patients_of(
    pairs: Sequence[MaskPair], patients: Mapping[str, str] | Path | None
) -> Mapping[str, str]:
    """Whose each case is."""
    if patients is None:
        return {pair.name: pair.name for pair in pairs}
    if isinstance(patients, Path):
        patients = read_case_patients(patients)
    lacking = [n for n, pair in enumerate(pairs, start=1) if not patients.get(pair.name)]
    if lacking:
        raise MeasureError(
            f"{len(lacking)} of {len(pairs)} cases have no patient, the first is case "
            f"{lacking[0]} in order of names: list every case with its patient; the case of "
            "site/12.nii.gz is site/12"
        )
    return patients


def _score(reading: MaskReading, count: int, numbered: tuple[int, MaskPair]) -> MaskCase | Refusal:
    """One case scored, or why it could not be."""
    number, pair = numbered
    what = f"case {number} of {count}"
    masks: list[Mask] = []
    for which, path, names in (
        ("true", pair.truth, reading.truth_names),
        ("predicted", pair.predicted, reading.predicted_names),
    ):
        try:
            masks.append(_upright(_read(path, names)))
        except ScanError as error:
            # The file's name may be the patient's.
            told = str(error).replace(path.name, f"the {which} mask")
            if isinstance(error, UnnamedValue):
                raise MeasureError(
                    f"{what}: {told}; give --mask-label once for each value from 1 up, in their "
                    f"order ({_NAMES_OF[which]} in Python)"
                ) from error
            return Refusal(what, told)
    try:
        classes = score_masks(masks[0], masks[1], reading.rules)
    except ScanError as error:
        return Refusal(what, str(error))
    except ValueError as error:
        raise MeasureError(f"{what}: {error}") from error
    return MaskCase(pair.name, pair.name, classes)


def _read(path: Path, names: tuple[str, ...]) -> Mask:
    return read_exact(path) if path.name.endswith(".npz") else read_nifti_mask(path, names)


def _upright(mask: Mask) -> Mask:
    """The same voxels counted from the feet, the front and the patient's right."""
    turn = turn_towards(mask.grid, LPS_AXES)
    return Mask(turn_array(mask.labels, turn), turn_grid(mask.grid, turn), mask.names)
