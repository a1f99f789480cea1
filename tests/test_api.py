import subprocess
import sys

import pytest

from headct import api
from headct.phantom.lesions.disease import Disease
from headct.phantom.scanner.protocol import Protocol


def test_what_the_verbs_take_is_at_hand():
    assert api.Disease is Disease
    assert api.Protocol is Protocol
    assert api.Hemorrhage("subdural", 3.0).volume_ml == 3.0


def test_a_name_that_is_not_there_is_no_attribute():
    with pytest.raises(AttributeError, match="no attribute 'Diseases'"):
        api.Diseases  # noqa: B018 - asking is the test


def test_the_command_line_starts_without_what_takes_long_to_import():
    code = "import headct.cli.app, sys; print({'numpy', 'scipy', 'cv2', 'torch'} & {*sys.modules})"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"
