"""A series as a scanner wrote it: GE, tilted, in two thicknesses."""

import numpy as np
import pytest
import SimpleITK

from headct.dicom.scan import scan
from headct.dicom.select import select
from headct.dicom.stack import missing_after, stack


def test_the_ge_series_is_read_as_its_headers_say(ge_series):
    found = scan(ge_series)
    chosen = select(found.studies[0])
    volume = stack(chosen.candidates[0])

    assert (found.files, found.refused, chosen.refused) == (28, (), ())
    assert [len(series.instances) for series in chosen.candidates] == [28]
    assert chosen.warnings == ()
    assert volume.grid.tilt_deg == pytest.approx(18.5, abs=0.2)
    expected_mm = [4.0] * 13 + [1.08] + [7.0] * 13
    assert volume.grid.distances_mm == pytest.approx(expected_mm, abs=0.01)
    table_mm = [4.22] * 13 + [1.14] + [7.38] * 13
    assert np.diff(volume.grid.origins_mm[:, 2]) == pytest.approx(table_mm, abs=0.001)
    assert missing_after(volume.grid) == ()


def test_its_pixels_are_those_of_another_reader(ge_series):
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    names = SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(ge_series))
    other = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(names))

    volume = stack(select(scan(ge_series).studies[0]).candidates[0])

    assert np.array_equal(volume.hu, np.maximum(other, -1024))
