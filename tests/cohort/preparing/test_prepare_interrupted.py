"""Killed, stopped, out of room: the same command goes on, and the bytes come out the same."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headct import api
from headct.cohort.store.store import open_store
from headct.dicom.write import Header, write

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")

HEADCT = Path(sys.executable).with_name("headct")
STUDIES = 24


@pytest.fixture(scope="module")
def table(ball_head, tmp_path_factory):
    """A cohort of 24 patients by a table, of three different scans."""
    root = tmp_path_factory.mktemp("cohort")
    volume = ball_head.scan()
    rows = ["path,patient,any_hemorrhage"]
    for number in range(3):
        brighter = replace(volume, hu=volume.hu + np.float32(3 * number))
        write(brighter, root / f"scan{number}", Header(patient_id=f"{number}"))
    for number in range(STUDIES):
        (root / f"p{number}").symlink_to(root / f"scan{number % 3}", target_is_directory=True)
        rows.append(f"p{number},patient{number},{number % 2}")
    (root / "cohort.csv").write_text("\n".join(rows) + "\n")
    return root / "cohort.csv"


def command(table, out):
    return [HEADCT, *f"prepare {table} --pipeline A --out {out} --workers 2".split()]


def files(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="module")
def whole(table, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "store"
    api.prepare(table, out, pipeline="A")
    return files(out)


def stopped_half_way(table, out, how, *, to_all=False):
    """A run that got a signal once it had made some studies; how it ended, and what it said."""
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        command(table, out), stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    signal.signal(signal.SIGINT, ours)
    journal = out / "journal.jsonl"
    while not journal.exists() or journal.read_bytes().count(b"\n") < 3:
        assert process.poll() is None
        time.sleep(0.002)
    (os.killpg if to_all else os.kill)(process.pid, how)
    _, told = process.communicate(timeout=60)
    left = len(open_store(out).studies)
    assert 3 <= left < STUDIES
    return process.returncode, told


def test_a_run_that_was_killed_goes_on_to_the_same_bytes(table, whole, tmp_path):
    out = tmp_path / "store"
    code, _ = stopped_half_way(table, out, signal.SIGKILL)

    outcome = api.prepare(table, out, pipeline="A")

    assert code == -signal.SIGKILL
    assert outcome.made < STUDIES - 2
    assert files(out) == whole


def test_ctrl_c_says_how_to_go_on_and_the_bytes_come_out_the_same(table, whole, tmp_path):
    out = tmp_path / "store"
    code, told = stopped_half_way(table, out, signal.SIGINT, to_all=True)

    api.prepare(table, out, pipeline="A")

    assert code == 130
    assert "Traceback" not in told
    assert "the same command goes on from there" in told
    assert files(out) == whole


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 8 MB; it can be made larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here: it takes root, and the right to mount")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.slow  # the limit on file size takes the same way through the code, and less time
def test_a_full_disk_is_told_and_with_more_room_the_same_bytes_come_out(table, whole, small_disk):
    out = small_disk / "store"

    full = subprocess.run(command(table, out), capture_output=True, text=True, check=False)
    kept = len(open_store(out).studies)
    subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)
    api.prepare(table, out, pipeline="A")

    words = " ".join(full.stderr.split())
    assert full.returncode == 1
    assert "Traceback" not in words
    assert "the store cannot be written (No space left on device): make room" in words
    # Of 29 slices of 64 KB, a study takes 1.9 MB.
    assert kept == 4
    assert files(out) == whole


def test_a_limit_on_file_size_is_told_and_without_it_the_same_bytes_come_out(
    table, whole, tmp_path
):
    out = tmp_path / "store"
    limited = f"ulimit -f 4000; exec {' '.join(map(str, command(table, out)))}"

    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, check=False)
    kept = len(open_store(out).studies)
    api.prepare(table, out, pipeline="A")

    assert done.returncode == 1
    assert "(File too large): make room" in " ".join(done.stderr.split())
    assert kept == 4000 * 1024 // (29 * 256 * 256)
    assert files(out) == whole
