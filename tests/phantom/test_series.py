import json
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pydicom
import pytest

from headct.core.errors import OutputError
from headct.core.volume import Mask
from headct.dicom.scan import scan
from headct.dicom.stack import stack
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head
from headct.phantom.scanner.vendors import VENDORS
from headct.phantom.series import (
    DICOM_FOLDER,
    MASK_FILE,
    TRUTH_FILE,
    save_examination,
    save_phantom,
)

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

    with pytest.raises(OutputError, match="nothing is overwritten"):
        save_phantom(phantom, out)


def test_the_truth_of_an_examination_says_all_that_is_amiss(examined, tmp_path):
    save_examination(examined, tmp_path / "out")

    truth = json.loads((tmp_path / "out" / TRUTH_FILE).read_text(encoding="utf-8"))

    subdural, ventricular = truth["bleeds"]
    assert (subdural["site"], subdural["age_days"]) == ("left convexity", 10.0)
    assert (ventricular["label"], ventricular["form"]) == ("intraventricular", "layering")
    assert subdural["volume_ml"] == pytest.approx(60.0, rel=1e-3)
    assert truth["volume_ml"].keys() == {"subdural", "intraventricular", "leukoencephalopathy"}
    assert truth["midline_shift_mm"] == pytest.approx(examined.diseased.shift_mm, abs=0.005)
    assert (truth["grade"], truth["lacunes"], truth["lookalike"]) == (2, 1, "dense falx")
    assert truth["is_fractured"] is True
    assert truth["not_counted"].keys() == {"dense falx", "lacune", "skull fracture"}
    assert truth["age_years"] == 70
    assert truth["blocks"] == [{"slices": 32, "increment_mm": 5.0, "thickness_mm": 8.0}]


def test_files_are_written_as_the_maker_writes_them(examined, tmp_path):
    folder = save_examination(examined, tmp_path / "out")

    header = pydicom.dcmread(folder / "0001.dcm")

    assert header.Manufacturer == "SIEMENS"
    assert header.ConvolutionKernel == "H21s"
    assert (header.BitsStored, header.PixelRepresentation) == (12, 0)
    assert header.PatientAge == "070Y"
    assert header.SliceThickness == 8
    read = stack(scan(folder).studies[0].series[0])
    assert np.array_equal(read.hu, examined.scan.volume.hu)


def test_two_heads_share_no_uid_though_their_bleeds_are_alike(examined, tmp_path):
    other = replace(examined, person=replace(examined.person, age_years=71))

    uids = {
        pydicom.dcmread(save_examination(made, tmp_path / name) / "0001.dcm").SOPInstanceUID
        for name, made in (("one", examined), ("other", other), ("again", examined))
    }

    assert len(uids) == 2


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy is not installed")
@pytest.mark.parametrize("maker", ["", *VENDORS])
def test_dciodvfy_finds_the_series_of_every_maker_clean(examined, maker, tmp_path):
    folder = save_examination(replace(examined, maker=maker), tmp_path / "out")

    file = folder / "0004.dcm"
    result = subprocess.run(["dciodvfy", file], capture_output=True, text=True, check=False)

    assert "Error" not in result.stderr
    assert "CTImage" in result.stderr
