"""Volumes and headers that the tests of this folder are made from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from headct.core.grid import Grid
from headct.core.series import Instance, Location, Series, Study
from headct.core.volume import Volume
from headct.dicom.write import Header, write


@pytest.fixture
def make_volume():
    """A volume of whole HU, stacked along the table as a tilted gantry does."""

    def make(distances_mm=(5.0,) * 11, tilt_deg=0.0, rows=32, columns=40, thickness_mm=5.0):
        lean = np.radians(tilt_deg)
        along = np.concatenate([[0.0], np.cumsum(distances_mm)])
        # A table step of d / cos(tilt) carries the slices d apart along their normal.
        origins = np.stack(
            [np.full(along.size, -11.3), np.full(along.size, -9.7), along / np.cos(lean) - 31.0],
            axis=1,
        )
        grid = Grid(
            shape=(along.size, rows, columns),
            origins_mm=origins,
            column_axis=np.array([1.0, 0.0, 0.0]),
            row_axis=np.array([0.0, np.cos(lean), -np.sin(lean)]),
            spacing_mm=(0.9, 0.8),
            thickness_mm=thickness_mm,
        )
        hu = np.random.default_rng(1).integers(-1024, 3000, grid.shape)
        return Volume(hu.astype(np.float32), grid)

    return make


@pytest.fixture
def written(tmp_path, make_volume):
    """Writes a volume; gives it with its files, and edits their headers where asked."""

    def make(volume=None, edit=None, header=None, **shape):
        volume = make_volume(**shape) if volume is None else volume
        files = write(volume, tmp_path / "series", header or Header())
        if edit is not None:
            for index, file in enumerate(files):
                dataset = pydicom.dcmread(file)
                edit(dataset, index)
                dataset.save_as(file)
        return volume, files

    return make


@pytest.fixture
def make_series():
    """A plain head series from headers alone, with some of them changed."""

    def make(count=30, distance_mm=5.0, uid="1.2.3", start=0.0, **changed):
        first = Instance(
            location=Location(Path("0000.dcm")),
            study_uid="1.2",
            series_uid=uid,
            sop_instance_uid="",
            sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
            transfer_syntax_uid="1.2.840.10008.1.2.1",
            modality="CT",
            image_type=("ORIGINAL", "PRIMARY", "AXIAL"),
            rows=512,
            columns=512,
            orientation=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
            spacing_mm=(0.5, 0.5),
            thickness_mm=5.0,
            series_number=2,
            series_description="Head",
            kernel="STANDARD",
        )
        first = replace(first, **changed)
        return Series(
            uid,
            tuple(
                replace(
                    first,
                    location=Location(Path(f"{index:04d}.dcm")),
                    sop_instance_uid=f"{uid}.{start}.{index}",
                    instance_number=index,
                    position_mm=changed.get(
                        "position_mm", (-125.0, -125.0, start + index * distance_mm)
                    ),
                )
                for index in range(count)
            ),
        )

    return make


@pytest.fixture
def make_study():
    return lambda *series: Study("1.2", series)
