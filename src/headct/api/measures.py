"""The verb on predictions and truth, as tables or as masks."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headct.core.finding import Progress
    from headct.measure.evaluate.measurement import Measurement
    from headct.measure.evaluate.settings import Settings
    from headct.report.measurement.mask_folders import MaskReading


def measure(
    predictions: Path | str,
    truth: Path | str,
    out: Path | str,
    settings: "Settings | None" = None,
    *,
    validation: Path | str | None = None,
    subgroups: tuple[str, ...] = (),
    subset: bool = False,
    images: Path | str | None = None,
    progress: "Progress | None" = None,
) -> "Measurement":
    """Measure predictions beside truth: every figure with its interval, as tables, figures, a page.

    Args:
        predictions: CSV or Parquet with probabilities or volumes by patient, study or slice.
        truth: the same with 0 and 1, or true volumes.
        out: a folder to make: report.html, measurement.json, tables/, figures/.
        settings: ``api.Settings(prevalence=0.06)`` and the like; None for the usual.
        validation: predictions of other patients, whom ``truth`` lists too: thresholds, votes,
            calibration and BEST are chosen there.
        subgroups: columns of ``truth`` whose values are measured apart, such as "site".
        subset: whether ``truth`` may list rows that nothing was predicted of.
        images: a cohort, whose images show the worst errors on the page.
        progress: told as systems are measured.

    Raises:
        MeasureError: a file is not what it must be, or the two do not belong together; with file
            and line.
        CohortError: ``images`` is no cohort.
        OutputError: ``out`` cannot be written, or holds something.
        ValueError: settings that validation has to fit, without it.
    """
    from headct.core.output import check_free
    from headct.core.record import Record, file_sha256
    from headct.measure.evaluate.measure import measure as measure_tables
    from headct.measure.evaluate.settings import Settings
    from headct.measure.reading.predictions import read_pair, read_with_validation
    from headct.report.measurement.gallery import pictures_of
    from headct.report.measurement.save import save_measurement

    check_free(Path(out))
    wanted = settings or Settings()
    beside = None
    if validation is None:
        pair = read_pair(Path(predictions), Path(truth), subgroups=subgroups, subset=subset)
    else:
        said = Path(predictions), Path(validation)
        pair, beside = read_with_validation(said, Path(truth), subgroups=subgroups, subset=subset)
    measurement = measure_tables(pair, beside, wanted, progress)
    files = {"predictions": predictions, "truth": truth, "validation": validation}
    record = Record(
        "measure",
        {**wanted.as_dict(), "subgroups": ", ".join(subgroups), "subset": subset},
        seed=wanted.seed,
        inputs={name: file_sha256(Path(file)) for name, file in files.items() if file is not None},
    )
    pictures = {} if images is None else pictures_of(measurement, Path(images))
    save_measurement(measurement, Path(out), record, pictures)
    return measurement


def measure_masks(
    predictions: Path | str,
    truth: Path | str,
    out: Path | str,
    settings: "Settings | None" = None,
    *,
    reading: "MaskReading | None" = None,
    workers: int = 1,
) -> "Measurement":
    """Measure masks beside the true ones: Dice, distances in mm, lesions, volumes.

    Args:
        predictions: folder of NIfTI masks, or of answers of ``headct analyze``.
        truth: folder of the true ones, named alike.
        out: a folder to make, as ``measure`` makes it.
        settings: of intervals; None for the usual.
        reading: what the values of NIfTI masks stand for, and how masks are scored.
        workers: processes, of about 0.4 GB each.

    Raises:
        MeasureError: a folder holds no mask, or cases do not match.
        OutputError: ``out`` cannot be written, or holds something.
    """
    from headct.batch.processes import Processes
    from headct.core.output import check_free
    from headct.core.record import Record, file_sha256
    from headct.measure.evaluate.masks import measure_masks as measure_cases
    from headct.measure.evaluate.settings import Settings
    from headct.report.measurement.mask_folders import MaskReading, score_mask_folders
    from headct.report.measurement.save import save_measurement

    check_free(Path(out))
    wanted, how = settings or Settings(), reading or MaskReading()
    scored = score_mask_folders(Path(predictions), Path(truth), how, where=Processes(workers))
    measurement = measure_cases(scored.cases, scored.refused, wanted)
    arguments = {
        **wanted.as_dict(),
        "truth_names": ", ".join(how.truth_names),
        "predicted_names": ", ".join(how.predicted_names),
        "subset": how.subset,
    }
    whose = {"patients": file_sha256(how.patients)} if isinstance(how.patients, Path) else {}
    record = Record("measure", arguments, seed=wanted.seed, inputs=whose)
    save_measurement(measurement, Path(out), record)
    return measurement
