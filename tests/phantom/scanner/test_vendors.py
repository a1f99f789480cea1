import numpy as np
import pydicom
import pytest

from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.dicom.kernels import Purpose, purpose_of
from headct.dicom.scan import scan
from headct.dicom.stack import stack
from headct.dicom.write import Header, write
from headct.phantom.scanner.kernels import KERNELS
from headct.phantom.scanner.scan import inside_circle
from headct.phantom.scanner.vendors import VENDORS


@pytest.mark.parametrize("name", VENDORS)
def test_every_vendor_names_every_kernel_so_that_its_purpose_is_known(name):
    names = VENDORS[name].kernels

    assert set(names) == set(KERNELS)
    assert purpose_of(names["bone"]) is Purpose.SHARP
    assert {purpose_of(names[kernel]) for kernel in ("soft", "standard")} == {Purpose.SOFT}


@pytest.mark.parametrize("name", VENDORS)
def test_a_slice_comes_back_from_every_vendors_files(name, tmp_path):
    vendor = VENDORS[name]
    hu = np.random.default_rng(1).integers(-900, 2900, (3, 64, 64)).astype(np.float32)
    outside = ~inside_circle(64)
    hu[:, outside] = -1024
    volume = Volume(hu, Grid.regular((3, 64, 64), (5.0, 1.0, 1.0)))

    files = write(volume, tmp_path / "out", vendor.dress(Header(), "bone"), outside=outside)
    read = stack(scan(tmp_path / "out").studies[0].series[0])

    assert np.array_equal(read.hu[:, ~outside], hu[:, ~outside])
    assert read.hu[:, outside].max() <= -1000
    header = pydicom.dcmread(files[0], stop_before_pixels=True)
    assert header.ConvolutionKernel == vendor.kernels["bone"]
    assert header.PixelRepresentation == vendor.storage.is_signed
