import shutil

import pytest

from headct.cohort.open import KINDS, open_cohort
from headct.core.errors import CohortError


def test_how_a_cohort_is_filed_may_be_said(rsna_cohort):
    assert open_cohort(rsna_cohort, "rsna").kind == "rsna"
    assert open_cohort(rsna_cohort).cohort.name == "rsna"


def test_progress_reaches_the_end(rsna_cohort, cq500_cohort):
    for cohort in (rsna_cohort, cq500_cohort):
        told = []

        open_cohort(cohort, progress=lambda done, total, told=told: told.append((done, total)))

        assert told
        assert told[-1][0] == told[-1][1]


def test_a_folder_that_is_no_cohort_is_told_what_was_looked_for(tmp_path):
    (tmp_path / "scan.txt").write_text("")

    with pytest.raises(CohortError) as caught:
        open_cohort(tmp_path)

    assert all(kind in str(caught.value) for kind in KINDS)


def test_a_folder_that_could_be_two_kinds_must_be_said_which(rsna_cohort, cq500_cohort, tmp_path):
    shutil.copytree(rsna_cohort, tmp_path, dirs_exist_ok=True)
    shutil.copy(cq500_cohort / "reads.csv", tmp_path)

    with pytest.raises(CohortError, match="rsna or cq500"):
        open_cohort(tmp_path)
    assert open_cohort(tmp_path, "rsna").kind == "rsna"
    (tmp_path / "cohort.toml").write_text('kind = "rsna"\n')
    assert open_cohort(tmp_path).kind == "rsna"


def test_a_kind_that_is_none_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected one of hospital, rsna"):
        open_cohort(tmp_path, "pacs")


def test_a_path_that_is_not_there_and_a_cohort_without_cases_are_refused(tmp_path):
    with pytest.raises(CohortError, match="nothing is at that path"):
        open_cohort(tmp_path / "none")
    (tmp_path / "123456").mkdir()
    with pytest.raises(CohortError, match=r"no case was found .* holds no \.dcm files"):
        open_cohort(tmp_path, "hospital")
