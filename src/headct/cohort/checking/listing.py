"""cases.csv: what became of every case, with the cohort's own names for it."""

import csv
from pathlib import Path

from headct.cohort.checking.check import Checked, count_labels
from headct.cohort.checking.inspected import Inspected

CASES_NAME = "cases.csv"


def write_cases(checked: Checked, path: Path) -> None:
    """Write a row for each case, in the order of the cohort.

    Columns: ``case`` as counted in check.html and in print; patient, study, path and site; each
    label of the cohort (1, 0, empty where not known); slices, rows and columns of the scan; image
    ``quality`` from 0 to 1 and the measures behind it; ``standing`` (in, open, excluded) and why;
    series that were not used.
    """
    labels = list(count_labels(checked.cohort.cases))
    qualities = [seen.quality for seen in checked.inspected if seen.quality is not None]
    measures = list(dict.fromkeys(name for quality in qualities for name in quality.measures))
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        rows = csv.writer(file)
        seen_as = ("slices", "rows", "columns", "quality", *measures)
        why = ("standing", "reasons", "others")
        rows.writerow(["case", "patient", "study", "path", "site", *labels, *seen_as, *why])
        for number, (case, seen, standing, doubts) in enumerate(
            zip(
                checked.cohort.cases,
                checked.inspected,
                checked.standings,
                checked.by_case,
                strict=True,
            ),
            start=1,
        ):
            said = (case.labels.get(name) for name in labels)
            reasons = [f"{doubt.kind.value}: {doubt.told}" for doubt in doubts]
            if case.key in checked.excluded or (case.patient, "") in checked.excluded:
                reasons.insert(0, "excluded by a person")
            others = [str(refusal) for refusal in seen.refused]
            rows.writerow(
                [number, case.patient, case.study, case.path, case.site]
                + ["" if value is None else int(value) for value in said]
                + [*(seen.shape or ("", "", "")), *_quality(seen, measures)]
                + [standing.value, "; ".join(reasons), "; ".join(others)]
            )


def _quality(seen: Inspected, measures: list[str]) -> list[str]:
    if seen.quality is None:
        return [""] * (1 + len(measures))
    given = (seen.quality.measures.get(name) for name in measures)
    return [
        f"{seen.quality.score:.3f}",
        *("" if value is None else f"{value:.4g}" for value in given),
    ]
