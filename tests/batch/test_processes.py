"""One function over many items."""

import math
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from headct.batch import Processes, map_items
from headct.core.errors import HeadctError


@pytest.mark.parametrize("workers", [1, 2])
def test_results_keep_the_order_of_the_items(workers):
    items = [9.0, 4.0, 1.0, 16.0]

    roots = map_items(math.sqrt, items, workers=workers)

    assert roots == [3.0, 2.0, 1.0, 4.0]


def test_progress_is_told_after_each_item():
    told = []

    map_items(abs, [-1, -2, -3], workers=1, progress=lambda done, total: told.append((done, total)))

    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_function_raises_reaches_the_caller(workers):
    with pytest.raises(ValueError, match=r"math domain|nonnegative"):
        map_items(math.sqrt, [4.0, -1.0], workers=workers)


def test_no_worker_is_a_wrong_argument():
    with pytest.raises(ValueError, match="at least one worker"):
        map_items(abs, [1], workers=0)


def test_nothing_to_do_gives_nothing():
    assert map_items(abs, [], workers=4) == []


class Counted:
    """Items that say how many of them were taken."""

    def __init__(self, count):
        self.count, self.taken = count, 0

    def __len__(self):
        return self.count

    def __iter__(self):
        for item in range(self.count):
            self.taken += 1
            yield float(item)


@pytest.mark.parametrize("workers", [1, 2])
def test_only_a_few_items_are_under_way(workers):
    items = Counted(100)

    with closing(Processes(workers)(math.sqrt, items)) as results:
        first = [next(results) for _ in range(10)]

    assert first == [math.sqrt(item) for item in range(10)]
    assert items.taken <= 10 + 3 * workers


def test_a_worker_that_is_killed_is_told_with_advice():
    with pytest.raises(HeadctError, match="run again with fewer workers"):
        list(Processes(2)(os._exit, [0, 0]))


def children(pid: int) -> set[int]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found |= {int(stat.parent.name), *children(int(stat.parent.name))}
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# Each worker is killed by its own hand five milliseconds after it began to write its answer.
DYING = """
import os, signal
from threading import Timer
from headct.batch import Processes
from headct.core.errors import HeadctError
class Doom:
    def __reduce__(self):
        Timer(0.005, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return int, ()
def answer(item):
    return bytes(256 << 20), Doom()
if __name__ == "__main__":
    try:
        list(Processes(2)(answer, [1, 2, 3, 4]))
    except HeadctError as error:
        print(error)
"""


def test_a_worker_that_is_killed_while_it_answers_is_told_and_not_waited_for(tmp_path):
    script = tmp_path / "dying.py"
    script.write_text(DYING)

    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.count("run again with fewer workers") == 1


LEFT = """
import math
from headct.batch import Processes
if __name__ == "__main__":
    results = Processes(2)(math.sqrt, [float(item) for item in range(1000)])
    print(next(results))
"""


def test_what_nobody_takes_is_not_waited_for(tmp_path):
    script = tmp_path / "left.py"
    script.write_text(LEFT)

    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout == "0.0\n"


SLEEPERS = """
import time
from headct.batch import Processes
if __name__ == "__main__":
    print("begun", flush=True)
    for _ in Processes(2)(time.sleep, [0.0] * 2 + [60.0] * 8):
        print("done", flush=True)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see what runs")
@pytest.mark.parametrize(
    ("lines", "how", "to_all"),
    [
        pytest.param(3, signal.SIGINT, True, id="ctrl-c at work"),
        pytest.param(1, signal.SIGINT, True, id="ctrl-c at the start"),
        pytest.param(3, signal.SIGKILL, False, id="kill -9 of the first process"),
        pytest.param(3, signal.SIGTERM, False, id="kill of the first process"),
    ],
)
def test_however_it_ends_no_process_is_left(tmp_path, lines, how, to_all):
    script = tmp_path / "sleepers.py"
    script.write_text(SLEEPERS)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    signal.signal(signal.SIGINT, before)
    for _ in range(lines):
        process.stdout.readline()
    if lines == 1:
        time.sleep(0.05)
    workers = children(process.pid)

    # A terminal sends Ctrl-C to every process of the command.
    (os.killpg if to_all else os.kill)(process.pid, how)
    _, told = process.communicate(timeout=20)

    until = time.monotonic() + 10
    while any(map(alive, workers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(alive, workers))
    assert told.count("Traceback") == (how == signal.SIGINT)
    assert told.rstrip().endswith("KeyboardInterrupt") == (how == signal.SIGINT)


LEAVING = """
import time
from headct.batch import Processes
if __name__ == "__main__":
    for _ in Processes(2)(time.sleep, [0.0] + [60.0] * 4):
        raise KeyboardInterrupt
"""


def test_a_caller_that_leaves_between_two_results_waits_for_no_other(tmp_path):
    script = tmp_path / "leaving.py"
    script.write_text(LEAVING)

    done = subprocess.run(
        [sys.executable, script], check=False, capture_output=True, text=True, timeout=30
    )

    assert done.stderr.rstrip().endswith("KeyboardInterrupt")
