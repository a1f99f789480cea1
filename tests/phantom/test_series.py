import json
import shutil
import subprocess

import numpy as np
import pytest

from headct.core.errors import OutputError
from headct.core.volume import Mask
from headct.dicom.scan import scan
from headct.dicom.stack import stack
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head
from headct.phantom.series import DICOM_FOLDER, MASK_FILE, TRUTH_FILE, save_phantom

LABEL = "intraparenchymal"


def test_geometry_and_hu_come_back_as_they_were_and_with_them_the_volume(scanned, tmp_path):
    folder = save_phantom(scanned, tmp_path / "out")

    read = stack(scan(folder).studies[0].series[0])

    assert read.grid == scanned.volume.grid
    assert np.array_equal(read.hu, scanned.volume.hu)
    mask = Mask(scanned.truth.labels, read.grid, scanned.truth.names)
    assert mask.volume_ml(LABEL) == pytest.approx(scanned.truth.volume_ml(LABEL), rel=1e-6)
    shares = scanned.share[LABEL].sum(axis=(1, 2), dtype=float)
    assert shares @ read.grid.slice_voxel_ml == pytest.approx(30.0, rel=0.01)


@pytest.fixture(scope="module")
def saved(person, clot, tmp_path_factory):

    protocol = Protocol((Block(32, 5.0, 5.0),), matrix=64, tilt_deg=15.0)
    phantom = scan_head(person, [clot], protocol, seed=9)
    out = tmp_path_factory.mktemp("phantom") / "case"
    save_phantom(phantom, out)
    return phantom, out


def test_the_folder_of_the_series_holds_slices_alone(saved):
    _, out = saved

    names = [file.suffix for file in (out / DICOM_FOLDER).iterdir()]

    assert names == [".dcm"] * 32


def test_the_truth_beside_says_what_was_asked_and_by_which_seed(saved):
    phantom, out = saved

    truth = json.loads((out / TRUTH_FILE).read_text(encoding="utf-8"))

    assert truth["volume_ml"][LABEL] == pytest.approx(30.0, rel=1e-3)
    assert truth["mask_ml"][LABEL] == pytest.approx(phantom.truth.volume_ml(LABEL))
    assert truth["record"]["arguments"]["head_seed"] == phantom.head_seed
    assert truth["record"]["arguments"]["tilt_deg"] == 15.0
    assert truth["slices"][LABEL] == phantom.slices_of(LABEL)


def test_the_stored_mask_carries_its_geometry(saved):
    phantom, out = saved

    with np.load(out / MASK_FILE, allow_pickle=False) as stored:
        labels, names = stored["labels"], stored["names"]
        origins = stored["origins_mm"]

    assert np.array_equal(labels, phantom.truth.labels)
    assert list(names) == [LABEL]
    assert np.allclose(origins, phantom.volume.grid.origins_mm)


def test_the_same_phantom_gives_the_same_bytes(saved, tmp_path):
    phantom, out = saved

    again = save_phantom(phantom, tmp_path / "again")

    for file in sorted((out / DICOM_FOLDER).iterdir()):
        assert file.read_bytes() == (again / file.name).read_bytes()


def test_a_folder_that_holds_something_is_refused(saved):
    phantom, out = saved

    with pytest.raises(OutputError, match="not empty"):
        save_phantom(phantom, out)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy is not installed")
def test_dciodvfy_finds_the_series_clean(saved):
    _, out = saved

    file = sorted((out / DICOM_FOLDER).iterdir())[3]
    result = subprocess.run(["dciodvfy", file], capture_output=True, text=True, check=False)

    assert "Error" not in result.stderr
    assert "CTImage" in result.stderr
