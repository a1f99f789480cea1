"""``headct phantom``: a digital head as DICOM, or a cohort of them, with the truth."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from headct import api
from headct.cli.progress import files_bar
from headct.core.labels import HEMORRHAGE_SUBTYPES, LEUKOENCEPHALOPATHY

if TYPE_CHECKING:
    from headct.phantom.cohort.known import Known

BLEED = "intraparenchymal=30"
SLICES = "32x5"
_HEAD_ALONE = (
    *("bleed", "leukoencephalopathy", "lacunes", "lookalike", "fracture", "age_years", "atrophy"),
    *("slices", "tilt_deg", "noise_hu", "kernel", "dose_mgy", "maker"),
)
_COHORT_ALONE = ("task", "layout", "compress", "masks", "flaws", "workers")
_DETAILS = ("site", "form", "age-days")
_LEAST_SHIFT_MM = 0.05  # less reads 0.0


def _option(panel: str, told: str, **more: Any) -> Any:
    return typer.Option(help=told, rich_help_panel=panel, **more)


def _flag(panel: str, name: str, told: str) -> Any:
    return typer.Option(name, help=told, rich_help_panel=panel)


_HEAD, _SCAN, _COHORT = "One head", "Its scan", "A cohort"
Bleed = Annotated[
    list[str] | None,
    _option(
        _HEAD,
        "A bleed, as 'subdural=40,site=left convexity,form=chronic,age-days=25'; repeat for "
        f"more, 'none' for none. {BLEED} where no other disease is asked for.",
        metavar="LABEL=ML[,...]",
    ),
]
Grade = Annotated[int | None, _option(_HEAD, "Grade, van Swieten's sum of 0 to 4.")]
Lacunes = Annotated[int | None, _option(_HEAD, "How many lacunes.")]
Lookalike = Annotated[
    str, _option(_HEAD, "What must not count, as 'old infarct'; a wrong name lists all there are.")
]
Fracture = Annotated[bool, _flag(_HEAD, "--fracture", "Break the vault over the first bleed.")]
AgeYears = Annotated[int | None, _option(_HEAD, "Age; atrophy goes with it.")]
Atrophy = Annotated[
    float | None, _option(_HEAD, "0 for narrow ventricles and sulci to 1; usual: by age or seed.")
]
Slices = Annotated[
    str,
    _option(
        _SCAN,
        "Blocks from the feet up: 14x4+14x7; 30x5/8 for slices of 8 mm every 5 mm.",
        metavar="COUNTxMM[/MM][+...]",
    ),
]
TiltDeg = Annotated[float, _option(_SCAN, "Gantry tilt, degrees.")]
NoiseHu = Annotated[float, _option(_SCAN, "Noise in the brain at 5 mm and 60 mGy, HU.")]
Kernel = Annotated[str, _option(_SCAN, "soft, standard or bone.")]
DoseMgy = Annotated[float, _option(_SCAN, "CTDIvol, mGy: less dose, more noise.")]
Maker = Annotated[
    str, _option(_SCAN, "Write files as GE, 'GE, older', Siemens, Philips or Toshiba do.")
]
Cohort = Annotated[int | None, _option(_COHORT, "Make this many patients.")]
Task = Annotated[str, _option(_COHORT, "leukoencephalopathy or hemorrhage.")]
Layout = Annotated[str, _option(_COHORT, "hospital, rsna or cq500; usual: by the task.")]
Compress = Annotated[bool, _flag(_COHORT, "--compress", "Write JPEG-LS, without loss.")]
Masks = Annotated[bool, _flag(_COHORT, "--masks", "Write masks as NIfTI too.")]
Flaws = Annotated[bool, _flag(_COHORT, "--flaws", "Plant flawed reports, and scans filed twice.")]
Workers = Annotated[int, _option(_COHORT, "Processes, of about 0.5 GB each.")]


def phantom(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder to make.")],
    matrix: Annotated[int, typer.Option(help="Rows and columns.")] = 512,
    seed: Annotated[int, typer.Option(help="Which heads, lesions and noise.")] = 1,
    bleed: Bleed = None,
    leukoencephalopathy: Grade = None,
    lacunes: Lacunes = None,
    lookalike: Lookalike = "",
    fracture: Fracture = False,
    age_years: AgeYears = None,
    atrophy: Atrophy = None,
    slices: Slices = SLICES,
    tilt_deg: TiltDeg = 0.0,
    noise_hu: NoiseHu = 3.6,
    kernel: Kernel = "standard",
    dose_mgy: DoseMgy = 60.0,
    maker: Maker = "",
    cohort: Cohort = None,
    task: Task = "leukoencephalopathy",
    layout: Layout = "",
    compress: Compress = False,
    masks: Masks = False,
    flaws: Flaws = False,
    workers: Workers = 1,
) -> None:
    """Make a digital head as a DICOM series, or a cohort of them, every mL of it known."""
    _check_together(context, is_cohort=cohort is not None)
    with _wrong_usage():
        if cohort is None:
            disease = _disease(bleed, leukoencephalopathy, lacunes, lookalike, fracture=fracture)
            person = api.Person(seed, age_years, atrophy)
            protocol = _protocol(slices, matrix, tilt_deg, noise_hu, kernel, dose_mgy)
            made = api.phantom(out, disease, person=person, protocol=protocol, maker=maker)
            _tell_head(made, out)
            return
        with files_bar("making patients") as progress:
            known = api.phantom_cohort(
                out,
                count=cohort,
                task=task,
                seed=seed,
                layout=layout,
                matrix=matrix,
                compress=compress,
                masks=masks,
                flaws=flaws,
                workers=workers,
                progress=progress,
            )
        _tell_cohort(known, task, out)


@contextmanager
def _wrong_usage() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _disease(
    bleed: list[str] | None,
    grade: int | None,
    lacunes: int | None,
    lookalike: str,
    *,
    fracture: bool,
) -> "api.Disease":
    """What was asked for; the usual bleed where nothing was."""
    is_asked = grade is not None or lacunes is not None or lookalike or fracture
    return api.Disease(
        grade=grade or 0,
        lacunes=lacunes or 0,
        lookalike=lookalike,
        bleeds=parse_bleeds(bleed or (["none"] if is_asked else [BLEED])),
        is_fractured=fracture,
    )


def _protocol(
    slices: str, matrix: int, tilt_deg: float, noise_hu: float, kernel: str, dose_mgy: float
) -> "api.Protocol":
    return api.Protocol(
        parse_blocks(slices),
        matrix,
        tilt_deg=tilt_deg,
        noise_hu=noise_hu,
        kernel=kernel,
        dose_mgy=dose_mgy,
    )


def _check_together(context: typer.Context, *, is_cohort: bool) -> None:
    """Refuse options that would be without effect.

    Raises:
        typer.BadParameter: an option of one head with --cohort, or of a cohort without it.
    """
    for name in _HEAD_ALONE if is_cohort else _COHORT_ALONE:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = "--" + name.replace("_", "-")
            raise typer.BadParameter(
                f"{option} describes one head, and --cohort draws it for each: leave it out"
                if is_cohort
                else f"{option} describes a cohort: say with --cohort how many patients"
            )


def _tell_head(made: "api.Examination", out: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    diseased, volumes_ml = made.diseased, made.scan.truth_ml
    for one in diseased.bleeds:
        words = [one.label, f"{one.volume_ml:.1f} mL", one.site or "", one.form or ""]
        words.append(f"{one.age_days:g} days old" if one.age_days else "")
        console.print(f"  {'bleed':<13}{', '.join(word for word in words if word)}")
    if diseased.shift_mm >= _LEAST_SHIFT_MM:
        console.print(f"  {'midline':<13}shifted by {diseased.shift_mm:.1f} mm")
    if LEUKOENCEPHALOPATHY in volumes_ml:
        volume_ml = volumes_ml[LEUKOENCEPHALOPATHY]
        grade = diseased.wanted.grade
        console.print(
            f"  {'white matter':<13}{LEUKOENCEPHALOPATHY}, grade {grade}, {volume_ml:.1f} mL"
        )
    for lesion in diseased.lesions:
        if not lesion.counts:
            console.print(f"  {'not counted':<13}{lesion.label}, {lesion.site}")
    grid = made.scan.volume.grid
    tilt = f", tilt {grid.tilt_deg:+.1f}°" if grid.is_tilted else ""
    console.print(f"  {'scan':<13}{grid.shape[0]} slices{tilt}: {escape(str(out / 'dicom'))}")


def _tell_cohort(known: "tuple[Known, ...]", task: str, out: Path) -> None:
    console = Console(highlight=False, soft_wrap=True)
    ill = sum(bool(patient.facts["is_diseased"]) for patient in known)
    console.print(f"  {'cohort':<13}{len(known)} patients, {ill} with {task}: {escape(str(out))}")
    console.print(f"  {'truth':<13}{escape(str(out / 'truth.csv'))}")


def parse_bleeds(texts: Sequence[str]) -> "tuple[api.Hemorrhage, ...]":
    """``["subdural=40,site=left falx"]`` → that bleed; ``["none"]`` → no bleed.

    Raises:
        ValueError: not of that form, or a bleed that cannot be.
    """
    return tuple(_parse_bleed(text) for text in texts if list(texts) != ["none"])


def _parse_bleed(text: str) -> "api.Hemorrhage":
    first, *more = (part.partition("=") for part in text.split(","))
    label, _, volume = first
    if label not in HEMORRHAGE_SUBTYPES:
        raise ValueError(
            f"--bleed {text}: expected LABEL=ML, a label of {', '.join(HEMORRHAGE_SUBTYPES)}; "
            "or none alone"
        )
    details = {name.strip(): value.strip() for name, _, value in more}
    if not all(details.values()) or len(details) < len(more) or not details.keys() <= {*_DETAILS}:
        raise ValueError(
            f"--bleed {text}: expected after the mL {' or '.join(_DETAILS)}, each once and with "
            "'=' and a value, as in subdural=40,site=left convexity,age-days=25"
        )
    return api.Hemorrhage(
        label,
        _number(text, volume, "a number of mL after the label"),
        age_days=_number(text, details.get("age-days", "0"), "a number of days for age-days"),
        form=details.get("form"),
        site=details.get("site"),
    )


def _number(text: str, written: str, expected: str) -> float:
    try:
        return float(written)
    except ValueError:
        raise ValueError(f"--bleed {text}: expected {expected}") from None


def parse_blocks(text: str) -> "tuple[api.Block, ...]":
    """``"14x4+14x7/5"`` → 14 slices of 4 mm, then 14 of 5 mm every 7 mm.

    Raises:
        ValueError: not of that form, or a block that cannot be.
    """
    blocks = []
    for block in text.split("+"):
        count, _, measures = block.partition("x")
        distance_mm, slash, thickness_mm = measures.partition("/")
        try:
            numbers = int(count), float(distance_mm), float(thickness_mm if slash else distance_mm)
        except ValueError:
            raise ValueError(
                f"--slices {text}: expected COUNTxMM, or COUNTxMM/MM where the slices are thicker "
                "or thinner than they are apart; several joined by +, as in 14x4+14x7"
            ) from None
        blocks.append(api.Block(*numbers))
    return tuple(blocks)
