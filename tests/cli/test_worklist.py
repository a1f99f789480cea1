"""``headct analyze`` on a folder of many studies, as a user meets it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from headct.dicom.write import Header, write

HEADCT = Path(sys.executable).with_name("headct")


def headct(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HEADCT, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def two(bleeding, healthy, tmp_path_factory):
    """Two studies of named patients in one heap of files, and what is no archive."""
    root = tmp_path_factory.mktemp("two")
    for name, phantom in (("DOE-1", bleeding), ("DOE-2", healthy)):
        header = Header(patient_id=name, patient_name="Doe^Jane")
        for file in write(phantom.volume, root / name, header, seed=name):
            file.rename(root / f"{name}-{file.name}")
        (root / name).rmdir()
    (root / "broken.zip").write_bytes(b"no archive")
    return root


@pytest.fixture(scope="module")
def listed(two, tmp_path_factory):
    out = tmp_path_factory.mktemp("listed") / "list"
    return headct("analyze", two, "--out", out, "--workers", 2, "--no-bundle"), out


def test_several_studies_become_a_list_with_the_urgent_one_first(listed):
    done, out = listed

    assert done.returncode == 0
    assert "3: 1 found, 1 not read, 1 none found" in done.stdout
    answers = [line for line in done.stdout.splitlines() if line.startswith("  study ")]
    assert ["any hemorrhage" in line for line in answers] == [True, False]
    assert "1: the ZIP archive is damaged" in done.stdout
    assert "a minute" in done.stdout
    assert (out / "worklist.html").is_file()


def test_no_identifier_is_printed(listed):
    done, _ = listed

    told = done.stdout + done.stderr

    assert not any(name in told for name in ("DOE", "Doe", "1.2.826", ".dcm"))


def test_given_again_the_list_goes_on_by_itself(listed, two):
    _, out = listed

    again = headct("analyze", two, "--out", out, "--no-bundle")

    assert again.returncode == 0
    assert "3: 1 found, 1 not read, 1 none found" in again.stdout
    assert "answered now" not in again.stdout


def test_a_heap_of_several_studies_becomes_a_list_without_being_asked(two, tmp_path):
    (tmp_path / "heap").mkdir()
    for file in two.glob("*.dcm"):
        shutil.copy(file, tmp_path / "heap")

    done = headct("analyze", tmp_path / "heap", "--out", tmp_path / "list", "--no-bundle")

    assert done.returncode == 0
    assert "2: 1 found, 1 none found" in done.stdout


def test_where_no_study_could_be_answered_the_exit_code_is_1(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "broken.zip").write_bytes(b"no archive")

    done = headct("analyze", tmp_path / "in", "--out", tmp_path / "list", "--no-bundle")

    assert done.returncode == 1
    assert "1 not read" in done.stdout


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--truth", "truth.json"), "of one study"),
        (("--no-bundle", "--backend", "openvino"), "asks no bundle"),
        (("--workers", "0"), "at least one worker"),
        (("--limit-s", "0"), "above 0 s"),
    ],
)
def test_what_a_list_cannot_be_asked_is_wrong_usage(option, said, two, tmp_path):
    done = headct("analyze", two, "--out", tmp_path / "list", *option)

    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert not (tmp_path / "list").exists()
