import os
import subprocess
import sys

import pytest

from headct.core.output import all_or_nothing

# Python looks for signals where a function begins and where one in C has returned, which are
# the events that a profiler sees: the copy of this process number ``moment`` stops at that one.
STOPPED_AT_EVERY_MOMENT = """
import os, pathlib, sys
from headct.core.output import all_or_nothing

out = pathlib.Path(sys.argv[1])
for moment in range(int(sys.argv[2])):
    if os.fork() == 0:
        events = iter(range(moment))

        def stop(frame, event, argument):
            if event in ("call", "c_return") and next(events, None) is None:
                sys.setprofile(None)
                raise KeyboardInterrupt

        sys.stderr = open(os.devnull, "w")
        sys.setprofile(stop)
        with all_or_nothing(out / str(moment)) as folder:
            folder.joinpath("whole").touch()
        sys.setprofile(None)
        break
    os.wait()
"""


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_nothing_is_left_behind_when_the_user_stops_it(tmp_path):
    def stopped_half_way():
        with all_or_nothing(tmp_path / "answer") as folder:
            (folder / "half").write_text("half an answer")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_half_way()

    assert names(tmp_path) == set()


def test_nothing_is_seen_before_all_is_written(tmp_path):
    with all_or_nothing(tmp_path / "answer") as folder:
        (folder / "part").write_text("first")
        seen = (tmp_path / "answer").exists()

    assert not seen
    assert names(tmp_path / "answer") == {"part"}
    assert names(tmp_path) == {"answer"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="copies the process")
def test_ctrl_c_at_any_moment_leaves_a_whole_answer_or_nothing(tmp_path):
    moments = 400

    subprocess.run(
        [sys.executable, "-c", STOPPED_AT_EVERY_MOMENT, tmp_path, str(moments)], check=True
    )

    answers = list(tmp_path.iterdir())
    assert all(names(answer) == {"whole"} for answer in answers)
    assert not [answer.name for answer in answers if answer.name.endswith(".partial")]
    assert 0 < len(answers) < moments - 50
