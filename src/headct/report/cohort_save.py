"""The check of a cohort as a folder of files: all of them, or none."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from headct.cohort.checking.check import Checked, Standing
from headct.cohort.checking.decisions import QUESTIONS_NAME, write_questions
from headct.cohort.checking.listing import CASES_NAME, write_cases
from headct.core.output import all_or_nothing
from headct.core.record import Record
from headct.report.cohort_page import COHORT_PAGE_NAME, Kappa, cohort_page

COUNTS_NAME = "check.json"


def save_check(checked: Checked, out: Path, record: Record, kappas: Sequence[Kappa] = ()) -> None:
    """Write check.html, cases.csv, questions.csv, and check.json with counts and the record.

    The two tables carry the cohort's own identifiers and words of reports; page and counts none.

    Raises:
        OutputError: the folder holds something, or cannot be written.
    """
    with all_or_nothing(out) as folder:
        page = cohort_page(checked, kappas)
        (folder / COHORT_PAGE_NAME).write_text(page, encoding="utf-8")
        write_cases(checked, folder / CASES_NAME)
        write_questions(checked.doubts, checked.decisions, folder / QUESTIONS_NAME)
        counts = {
            "cases": len(checked.cohort.cases),
            "patients": len({case.patient for case in checked.cohort.cases}),
            "standings": {each.value: checked.standings.count(each) for each in Standing},
            "labels": {
                name: dict(zip(("yes", "no", "unknown"), said, strict=True))
                for name, said in checked.labels.items()
            },
            "doubts": {
                kind.value: {"found": found, "blocking": blocking}
                for kind, (found, blocking) in checked.counts.items()
            },
            "excluded_for": checked.faults,
            "not_used": checked.others,
            "agreement": [asdict(kappa) for kappa in kappas],
            "record": record.as_dict(),
        }
        text = json.dumps(counts, indent=2, ensure_ascii=False) + "\n"
        (folder / COUNTS_NAME).write_text(text, encoding="utf-8")
