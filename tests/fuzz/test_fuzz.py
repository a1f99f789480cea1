"""Files broken at random: refused in words or read, and never a patient's name."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedCTImageStorage

from headct.dicom.encode import SYNTAXES, is_native
from headct.dicom.write import Header, write
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs POSIX signals and limits")

PROGRAM = Path(__file__).with_name("broken_cases.py")
SECRET = re.compile(r"quisling|xaverine|739163", re.IGNORECASE)
MOST_MB = 1500
BATCH = 500  # cases by one process


def item(**attributes):
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def as_enhanced(files, path):
    """One object of many frames from single slices."""
    single = [pydicom.dcmread(file) for file in files]
    whole = single[0]
    whole.SOPClassUID = whole.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    whole.NumberOfFrames = len(single)
    measures = item(PixelSpacing=whole.PixelSpacing, SliceThickness=whole.SliceThickness)
    plane = item(ImageOrientationPatient=whole.ImageOrientationPatient)
    rescale = item(RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU")
    whole.SharedFunctionalGroupsSequence = Sequence(
        [item(PlaneOrientationSequence=[plane], PixelMeasuresSequence=[measures])]
    )
    whole.PerFrameFunctionalGroupsSequence = Sequence(
        item(
            PlanePositionSequence=[item(ImagePositionPatient=one.ImagePositionPatient)],
            PixelValueTransformationSequence=[rescale],
        )
        for one in single
    )
    whole.PixelData = b"".join(one.PixelData for one in single)
    path.parent.mkdir()
    whole.save_as(path)


def cropped(source, target):
    """Real headers around the middle 64 x 64 pixels, with a patient to be kept secret."""
    target.mkdir()
    for file in sorted(source.glob("*.dcm"))[8:20]:
        dataset = pydicom.dcmread(file)
        middle = dataset.pixel_array[224:288, 224:288]
        dataset.Rows, dataset.Columns = middle.shape
        dataset.PixelData = np.ascontiguousarray(middle).tobytes()
        dataset.PatientName, dataset.PatientID = "Quisling^Xaverine", "MRN-739163"
        dataset.save_as(target / file.name)


@pytest.fixture(scope="session")
def corpus(person, tmp_path_factory):
    """One series of 14 slices in every syntax that is written, one as an enhanced object."""
    folder = tmp_path_factory.mktemp("corpus")
    protocol = Protocol((Block(14, 10.0, 10.0),), matrix=64)
    volume = scan_head(person, [], protocol, 1).volume
    for syntax in SYNTAXES:
        header = Header(patient_name="Quisling^Xaverine", patient_id="MRN-739163", syntax=syntax)
        kind = "native" if is_native(syntax) else "compressed"
        files = write(volume, folder / f"{kind} {syntax}", header)
        if syntax == "1.2.840.10008.1.2.1":
            as_enhanced(files, folder / "enhanced" / "0001.dcm")
    return folder


def run_batch(corpus, folder, first, count, seed=1):
    """What a process found; its end and its words are looked at here, from outside."""
    (folder / "work").mkdir(exist_ok=True)
    done = subprocess.run(
        [
            *(sys.executable, PROGRAM, corpus, folder / "work", "--seed", str(seed)),
            *("--first", str(first), "--count", str(count)),
        ],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
    )
    at_work = (folder / "at_work").read_text()
    assert done.returncode == 0, (
        f"case {at_work}: ended with {done.returncode}: {done.stderr[-900:]}"
    )
    assert SECRET.search(done.stdout + done.stderr) is None
    return json.loads(done.stdout.splitlines()[-1])


def run_cases(corpus, folder, count):
    results = Counter()
    for first in range(0, count, BATCH):
        found = run_batch(corpus, folder, first, min(BATCH, count - first))
        assert found["failures"] == []
        assert found["peak_mb"] < MOST_MB
        results.update(found["results"])
    return results


def test_broken_files_are_refused_or_read(corpus, tmp_path):
    results = run_cases(corpus, tmp_path, 120)

    assert results.total() == 120
    # Breaking must not be so gross that nothing gets past the first door.
    assert results["stacked"] > 12
    assert results["refused by select"] > 12


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_broken_series_are_refused_or_read(corpus, tmp_path):
    results = run_cases(corpus, tmp_path, 10_000)

    assert results.total() == 10_000


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_broken_real_files_are_refused_or_read(ge_series, tmp_path):
    (tmp_path / "corpus").mkdir()
    cropped(ge_series, tmp_path / "corpus" / "ge")

    results = run_cases(tmp_path / "corpus", tmp_path, 1000)

    assert results.total() == 1000
