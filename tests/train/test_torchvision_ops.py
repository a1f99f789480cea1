import subprocess
import sys

import pytest
import torch


def test_torchvision_and_timm_are_imported_beside_this_torch():
    code = "import headct.train, torchvision, timm; print(len(timm.list_models('resnet50')))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stdout == "1\n", done.stderr


@pytest.mark.skipif(torch.version.cuda is not None, reason="this torch is no CPU build")
def test_without_the_declaration_it_may_fail_and_never_differently():
    code = "import torchvision"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0 or "torchvision::nms does not exist" in done.stderr
