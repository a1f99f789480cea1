import math
import os
import signal
import subprocess
import sys
import time

import pytest

from headct.batch import Lost, Outlasting


def end_at_zero(item: float) -> float:
    """What kills its process over one item, as a crashing decoder does."""
    if item == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return math.sqrt(item)


def end_once(flag: str) -> str:
    """What kills its process the first time, as want of memory beside others does."""
    if os.path.exists(flag):  # noqa: PTH110 - as short as can be in another process
        return "done"
    os.close(os.open(flag, os.O_CREAT))
    os.kill(os.getpid(), signal.SIGKILL)
    return "never"


def too_much(item: int) -> int:
    if item == 0:
        raise MemoryError
    return item


def test_an_item_that_kills_its_process_is_lost_and_the_others_are_not():
    items = [4.0, 0.0, 9.0, 16.0]

    results = dict(Outlasting(2, limit_s=60)(end_at_zero, items))

    assert {place: results[place] for place in (0, 2, 3)} == {0: 2.0, 2: 3.0, 3: 4.0}
    assert isinstance(results[1], Lost)
    assert "ended without an answer, and again when it was tried alone" in results[1].reason


def test_an_item_that_takes_too_long_is_lost_and_the_others_are_not():
    start = time.monotonic()

    results = list(Outlasting(1, limit_s=0.5)(time.sleep, [0.0, 30.0, 0.0]))

    assert [place for place, _ in results] == [0, 1, 2]
    assert results[1][1] == Lost("no answer within 0.5 s: allow more time for each")
    assert results[2][1] is None
    assert time.monotonic() - start < 15


def test_what_died_beside_others_is_tried_again_alone(tmp_path):
    results = list(Outlasting(2, limit_s=60)(end_once, [str(tmp_path / "tried")]))

    assert results == [(0, "done")]


def test_want_of_memory_loses_one_item_alone():
    results = dict(Outlasting(1, limit_s=60)(too_much, [0, 1, 2]))

    assert (results[1], results[2]) == (1, 2)
    assert "too little memory" in results[0].reason


def test_results_come_as_they_are_ready():
    results = Outlasting(2, limit_s=60)(time.sleep, [2.0, 0.0, 0.0])

    assert [place for place, _ in results][-1] == 0


def test_what_the_function_raises_reaches_the_caller():
    with pytest.raises(ValueError, match=r"math domain|nonnegative"):
        list(Outlasting(2, limit_s=60)(math.sqrt, [4.0, -1.0]))


@pytest.mark.parametrize(
    ("workers", "limit_s", "said"), [(0, 1.0, "at least one worker"), (1, 0.0, "above 0 s")]
)
def test_no_workers_or_no_time_are_wrong_arguments(workers, limit_s, said):
    with pytest.raises(ValueError, match=said):
        Outlasting(workers, limit_s)


def test_nothing_to_do_gives_nothing():
    assert list(Outlasting(2, limit_s=1)(math.sqrt, [])) == []


UNGUARDED = """
import math
from headct.batch import Outlasting
from headct.core.errors import HeadctError
try:
    list(Outlasting(2, limit_s=60)(math.sqrt, [1.0] * 50))
except HeadctError as error:
    print(error)
"""


def test_a_script_that_starts_itself_anew_is_told_once_and_not_for_each_item(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(UNGUARDED)

    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.count("if __name__ == '__main__'") == 1
    assert done.stderr.count("Traceback") <= 2 * 2


SLEEPERS = """
import time
from headct.batch import Outlasting
if __name__ == "__main__":
    for place, _ in Outlasting(2, limit_s=100)(time.sleep, [0.0, 0.0] + [60.0] * 4):
        print("done", flush=True)
"""


LEAVING = """
import time
from headct.batch import Outlasting
if __name__ == "__main__":
    for place, _ in Outlasting(2, limit_s=100)(time.sleep, [0.0] + [60.0] * 4):
        raise KeyboardInterrupt
"""


def test_a_caller_that_leaves_between_two_results_waits_for_no_other(tmp_path):
    script = tmp_path / "leaving.py"
    script.write_text(LEAVING)

    done = subprocess.run(
        [sys.executable, script], check=False, capture_output=True, text=True, timeout=30
    )

    assert done.stderr.rstrip().endswith("KeyboardInterrupt")


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal's Ctrl-C as POSIX has it")
def test_ctrl_c_ends_every_process_at_once(tmp_path):
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
    for _ in range(2):
        process.stdout.readline()

    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=20)

    # Pipes of workers that live on would keep ``communicate`` waiting.
    assert told.rstrip().endswith("KeyboardInterrupt")
    assert told.count("Traceback") == 1
