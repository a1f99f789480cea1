import subprocess
import sys
from pathlib import Path

from headct.tasks.find import TASKS

HEADCT = Path(sys.executable).with_name("headct")


def test_every_task_is_listed_with_its_labels_and_codes():
    done = subprocess.run([HEADCT, "tasks"], check=True, capture_output=True, text=True)

    for name, task in TASKS.items():
        assert f"{name}: {task.title}" in done.stdout
        for label, code in zip(task.labels, task.codes, strict=True):
            assert f"{label} ({code.scheme} {code.value}, " in done.stdout
