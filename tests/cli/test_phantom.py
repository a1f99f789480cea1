import subprocess
import sys
from pathlib import Path

import pytest

HEADCT = Path(sys.executable).with_name("headct")


def headct(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HEADCT, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=120
    )


def said_by(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cohort", "0"], "1 to 100000 patients"),
        (["--cohort", "2", "--task", "stroke"], "expected a task of"),
        (["--cohort", "2", "--layout", "rsna"], "is filed as hospital"),
        (["--cohort", "2", "--matrix", "40"], "matrix of 64 or more"),
        (["--cohort", "2", "--workers", "0"], "at least one worker"),
        (["--cohort", "2", "--bleed", "subdural=3"], "--bleed describes one head"),
        (["--cohort", "2", "--tilt-deg", "3"], "--tilt-deg describes one head"),
        (["--cohort", "2", "--flaws"], "8 patients or more"),
        (["--task", "hemorrhage"], "--task describes a cohort"),
        (["--compress"], "--compress describes a cohort"),
    ],
)
def test_a_cohort_that_cannot_be_is_wrong_usage(arguments, said, tmp_path):
    done = headct("phantom", "--out", tmp_path / "cohort", *arguments)

    assert done.returncode == 2
    assert said in said_by(done)
    assert not (tmp_path / "cohort").exists()


def test_a_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")

    done = headct("phantom", "--out", tmp_path, "--cohort", "2")

    assert done.returncode == 1
    assert "not an empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
