"""Files and folders that cannot be read or written, a full disk, and being stopped half-way."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="permissions and signals of POSIX")

AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
HEADCT = Path(sys.executable).with_name("headct")


@pytest.fixture
def ordinary(head_files):
    """A folder with the head in it, and the command run by an ordinary user."""
    prefix = ()
    if os.geteuid() == 0:
        prefix = AS_NOBODY
        probe = [*AS_NOBODY, HEADCT, "--version"]
        if shutil.which("setpriv") is None or subprocess.run(probe, check=False).returncode:
            pytest.skip("root sees no such error, and no ordinary user can run headct here")
    # Not under pytest's folder, which is root's alone.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(head_files, folder / "scan")
        (folder / "out").mkdir()
        (folder / "out").chmod(0o777)

        def run(*arguments):
            return subprocess.run(
                [*prefix, HEADCT, *map(str, arguments)],
                check=False,
                capture_output=True,
                text=True,
                timeout=120,
                cwd=folder,
            )

        yield folder, run
        for path in (folder / "scan", folder / "out"):
            path.chmod(0o755)


def check_refused(done, *said):
    words = " ".join(done.stderr.split())
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in words
    assert all(each in words for each in said), words


def test_a_file_that_may_not_be_read_leaves_a_gap(ordinary):
    folder, run = ordinary
    (folder / "scan" / "0012.dcm").chmod(0)

    done = run("analyze", "scan", "--out", "out/answer")

    check_refused(
        done,
        "1 file (0012.dcm): it cannot be read (PermissionError): check its permissions",
        "a slice may be missing",
    )
    assert list((folder / "out").iterdir()) == []


def test_a_folder_that_may_not_be_opened_within_a_scan_is_no_silent_gap(ordinary):
    folder, run = ordinary
    (folder / "scan" / "more").mkdir(mode=0)

    done = run("analyze", "scan", "--out", "out/answer")

    check_refused(done, "a folder cannot be opened (PermissionError): check its permissions")
    assert list((folder / "out").iterdir()) == []


def test_an_output_folder_that_may_not_be_written_is_refused(ordinary):
    folder, run = ordinary
    (folder / "out").chmod(0o555)

    done = run("analyze", "scan", "--out", "out/answer")

    check_refused(done, "cannot write the answer into answer", "Permission denied", "another --out")
    assert list((folder / "out").iterdir()) == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KB, less than any answer needs."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here: it takes root, and the right to mount")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_refused_and_left_empty(head_files, small_disk, start, end):
    told = end(start("analyze", head_files, "--out", small_disk / "answer"))

    assert told.code == 1
    assert "cannot write the answer into answer: No space left on device" in told.words
    assert "check that the disk has room" in told.words
    assert list(small_disk.iterdir()) == []


def test_a_limit_on_file_size_is_refused_and_nothing_left(head_files, tmp_path):
    done = subprocess.run(
        ["bash", "-c", f'ulimit -f 8; exec "{HEADCT}" analyze "{head_files}" --out answer'],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
    )

    check_refused(done, "cannot write the answer into answer: File too large")
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_in_the_folder_is_passed_over(scan, answered):
    os.mkfifo(scan / "pipe")

    answered(scan)


def test_a_link_to_nothing_and_a_link_in_a_circle_are_passed_over(scan, headct):
    (scan / "nothing").symlink_to(scan / "gone")
    (scan / "circle").symlink_to(scan / "circle")
    (scan / "up").symlink_to(scan.parent, target_is_directory=True)

    told = headct("inspect", scan)

    assert told.code == 0
    assert "2 files (circle, nothing): " in told.words


@pytest.mark.parametrize("name", [b"\xff\xfe.dcm", b"a\x1b[31m.dcm", b"a\nb.dcm"])
def test_a_name_that_cannot_be_printed_is_refused(scan, headct, name):
    try:
        (scan / "0001.dcm").rename(scan / os.fsdecode(name))
    except OSError:
        pytest.skip("the file system takes no such name")

    told = headct("inspect", scan)

    assert "its name holds characters that cannot be printed: rename it" in told.words
    assert "\x1b" not in told.text


def test_a_name_that_looks_like_markup_is_told_as_it_is(scan, refused):
    (scan / "0012.dcm").rename(scan / "[-red]x.dcm")
    for file in list(scan.iterdir()):
        file.write_bytes(file.read_bytes()[:-1])

    assert "expected 32768 bytes of pixels" in refused(scan)


def test_an_output_name_that_looks_like_markup_is_told_as_it_is(scan, headct, tmp_path):
    (tmp_path / "[").mkdir()
    (tmp_path / "[" / "bold]").write_text("in the way")

    told = headct("analyze", scan, "--out", tmp_path / "[" / "bold]")

    assert told.code == 1
    assert "bold] is not a folder" in told.words


def partial(folder):
    return [path for path in folder.iterdir() if path.name.endswith(".partial")]


def stopped_while_writing(start, head_files, folder, how):
    """A run that got a signal while it wrote its answer."""
    for _ in range(10):
        process = start("analyze", head_files, "--out", folder / "answer")
        while process.poll() is None and not partial(folder):
            time.sleep(0.0005)
        process.send_signal(how)
        process.wait(timeout=60)
        if process.returncode:
            return process
        process.communicate()
        shutil.rmtree(folder / "answer")
    pytest.skip("the answer was written too fast to be stopped in ten tries")


def test_ctrl_c_while_writing_leaves_nothing(head_files, tmp_path, start, end):
    process = stopped_while_writing(start, head_files, tmp_path, signal.SIGINT)

    told = end(process)

    assert told.code == 130
    assert told.words == "stopped; an answer is written whole or not at all"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc to see what runs")
def test_ctrl_c_while_reading_leaves_nothing(head_files, tmp_path, start, end):
    process = start("analyze", head_files, "--out", tmp_path / "answer")
    # By the time numpy is loaded, the command line has been read.
    while "numpy" not in Path(f"/proc/{process.pid}/maps").read_text():
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)

    told = end(process)

    assert told.code == 130
    assert told.words == "stopped; an answer is written whole or not at all"
    assert list(tmp_path.iterdir()) == []


def test_a_run_killed_half_way_shows_no_answer_and_the_next_one_works(
    head_files, tmp_path, start, end
):
    stopped_while_writing(start, head_files, tmp_path, signal.SIGKILL)
    left = partial(tmp_path)

    assert not (tmp_path / "answer").exists()
    assert all(path.name.startswith(".answer.") for path in left)

    told = end(start("analyze", head_files, "--out", tmp_path / "answer"))

    assert told.code == 0
    assert (tmp_path / "answer" / "findings.json").is_file()
    assert partial(tmp_path) == left
