"""Every transfer syntax of CT, against encoders and decoders that headct does not use.

Lossless pixels are known before they are encoded. dcmtk (its own JPEG, JPEG-LS and RLE) encodes
what headct decodes and decodes what headct encodes. The JPEG 2000 and HTJ2K streams beside this
file were made by FFmpeg, OpenJPH and OpenJPEG; FFmpeg's decoder gave the same pixels for each.
"""

import base64
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.encaps import encapsulate
from pydicom.uid import EnhancedCTImageStorage

from headct.core.errors import PixelError
from headct.core.series import Location
from headct.core.volume import AIR_HU
from headct.dicom.codestream import Codestream, describe
from headct.dicom.compressed import LOSSY_NOTE, PERHAPS_LOSSY_NOTE
from headct.dicom.decode import decode_into
from headct.dicom.encode import SYNTAXES
from headct.dicom.files import Reader
from headct.dicom.header import read_instances
from headct.dicom.write import Header

ROWS, COLUMNS = 24, 40
STREAMS = json.loads(Path(__file__).with_name("codestreams.json").read_text())
JPEG = "1.2.840.10008.1.2.4."

# Tool, options, and the transfer syntax that comes out.
DCMTK = {
    "implicit": (["dcmconv", "+ti"], "1.2.840.10008.1.2"),
    "explicit": (["dcmconv", "+te"], "1.2.840.10008.1.2.1"),
    "big_endian": (["dcmconv", "+tb"], "1.2.840.10008.1.2.2"),
    "rle": (["dcmcrle"], "1.2.840.10008.1.2.5"),
    **{f"jpeg57_{k}": (["dcmcjpeg", "+el", "+sv", str(k)], f"{JPEG}57") for k in range(1, 8)},
    "jpeg70": (["dcmcjpeg", "+e1"], f"{JPEG}70"),
    "jpeg_ls": (["dcmcjpls", "+el"], f"{JPEG}80"),
    "jpeg_ls_cooked": (["dcmcjpls", "+el", "+pc"], f"{JPEG}80"),
}
DECODERS = {
    "1.2.840.10008.1.2.5": "dcmdrle",
    f"{JPEG}57": "dcmdjpeg",
    f"{JPEG}70": "dcmdjpeg",
    f"{JPEG}80": "dcmdjpls",
}
KINDS = [(12, False), (12, True), (16, False), (16, True)]


def run(tool, *arguments):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not here: install dcmtk")
    subprocess.run([tool, *map(str, arguments)], check=True, capture_output=True)


def plane(bits, signed):
    """From the lowest to the highest value that so many bits hold."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    top = (1 << bits) - 1
    values = top * (rows + columns) // (ROWS + COLUMNS - 2) + (rows * columns) % 5
    values = np.clip(values, 0, top)
    values[0, 0], values[-1, -1] = 0, top
    return values - (1 << bits - 1) if signed else values


def edit(bits, signed):
    """A header and native pixels of that many bits, whose stored values are HU."""

    def change(dataset, index):
        dataset.PixelData = plane(bits, signed).astype("<i2" if signed else "<u2").tobytes()
        dataset.BitsStored, dataset.HighBit = bits, bits - 1
        dataset.PixelRepresentation = int(signed)
        dataset.RescaleIntercept = 0

    return change


def read(path, frames, hu):
    """Write the HU of frames into an array; the notes."""
    with Reader() as reader:
        (image, *_) = read_instances(reader, Location(path))
    return decode_into([replace(image, frame=frame) for frame in frames], hu)


def decode(path, frame=1):
    """HU of a frame, and the notes."""
    hu = np.zeros((1, ROWS, COLUMNS), dtype=np.float32)
    notes = read(path, [frame], hu)
    return hu[0], notes


def expected(bits, signed):
    return np.maximum(plane(bits, signed), AIR_HU).astype(np.float32)


def wrap(file, stream, syntax, **attributes):
    """Put a compressed stream into a file."""
    dataset = pydicom.dcmread(file)
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.save_as(file)
    return file


@pytest.fixture
def single(written):
    """One file of that many bits."""

    def make(bits, signed):
        _, files = written(edit=edit(bits, signed), distances_mm=(5.0,), rows=ROWS, columns=COLUMNS)
        return files[0]

    return make


@pytest.fixture
def streamed(single):
    """A file around one of the streams beside this module."""

    def make(name, **attributes):
        made = STREAMS[name]
        stream = base64.b64decode(made["stream"])
        return wrap(single(made["bits"], made["signed"]), stream, made["syntax"], **attributes)

    return make


@pytest.mark.parametrize(
    ("name", "bits", "signed"),
    # dcmtk's encoder itself aborts on signed values in as few bits as they need.
    [(n, *kind) for n in DCMTK for kind in KINDS if not (n == "jpeg_ls_cooked" and kind[1])],
)
def test_what_dcmtk_encodes_is_decoded_exactly(single, tmp_path, name, bits, signed):
    (tool, *options), syntax = DCMTK[name]
    run(tool, *options, single(bits, signed), tmp_path / "encoded.dcm")

    hu, notes = decode(tmp_path / "encoded.dcm")

    assert pydicom.dcmread(tmp_path / "encoded.dcm").file_meta.TransferSyntaxUID == syntax
    assert np.array_equal(hu, expected(bits, signed))
    assert notes == ()


@pytest.mark.parametrize("name", [name for name in STREAMS if "lossy" not in name])
def test_what_other_jpeg_2000_encoders_made_is_decoded_exactly(streamed, name):
    hu, notes = decode(streamed(name))

    assert np.array_equal(hu, expected(STREAMS[name]["bits"], STREAMS[name]["signed"]))
    assert notes == ()


@pytest.mark.parametrize("syntax", DECODERS)
def test_what_headct_encodes_is_decoded_exactly_by_dcmtk(written, tmp_path, syntax):
    volume, files = written(header=Header(syntax=syntax), distances_mm=(5.0,))

    run(DECODERS[syntax], files[0], tmp_path / "native.dcm")
    stored = pydicom.dcmread(tmp_path / "native.dcm").pixel_array

    assert np.array_equal(stored.astype(np.float32) + AIR_HU, volume.hu[0])


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_what_headct_encodes_is_decoded_exactly_by_simpleitk(written, syntax):
    volume, files = written(header=Header(syntax=syntax), distances_mm=(5.0,))

    other = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(files[0])))

    assert np.array_equal(other[0], volume.hu[0])


@pytest.mark.parametrize("name", ["rle", "jpeg57_6", "jpeg70", "jpeg_ls", "big_endian"])
def test_every_frame_of_an_enhanced_object_is_decoded_exactly(written, tmp_path, name):
    volume, files = written()
    whole = pydicom.dcmread(files[0])
    whole.SOPClassUID = whole.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    whole.NumberOfFrames = len(files)
    whole.PixelData = b"".join(pydicom.dcmread(file).PixelData for file in files[::-1])
    whole.save_as(tmp_path / "native.dcm")
    (tool, *options), _ = DCMTK[name]
    run(tool, *options, tmp_path / "native.dcm", tmp_path / "e.dcm")

    hu = np.zeros_like(volume.hu)
    read(tmp_path / "e.dcm", [12, 3, 1, 3], hu[:4])

    assert pydicom.dcmread(tmp_path / "e.dcm").SOPClassUID == EnhancedCTImageStorage
    # Frames are in falling order: frame 12 is slice 0.
    assert np.array_equal(hu[:4], volume.hu[[0, 9, 11, 9]])


def test_a_frame_in_several_fragments_is_decoded_exactly(streamed):
    made = STREAMS["ht_16s"]
    path = streamed("ht_16s")
    stream = base64.b64decode(made["stream"])
    dataset = pydicom.dcmread(path)
    dataset.PixelData = encapsulate([stream], fragments_per_frame=3)
    dataset.save_as(path)

    assert np.array_equal(decode(path)[0], expected(16, True))


def test_a_real_slice_is_the_same_in_every_syntax(ge_series, tmp_path):
    native = ge_series / "14.dcm"
    truth = np.zeros((1, 512, 512), dtype=np.float32)
    read(native, [1], truth)

    for name, ((tool, *options), _) in DCMTK.items():
        run(tool, *options, native, tmp_path / f"{name}.dcm")
        hu = np.zeros_like(truth)
        read(tmp_path / f"{name}.dcm", [1], hu)

        assert np.array_equal(hu, truth), name


@pytest.mark.parametrize("bits", [12, 16])
def test_near_lossless_jpeg_ls_is_within_its_bound_and_flagged(single, tmp_path, bits):
    run("dcmcjpls", "+en", "+md", "2", single(bits, False), tmp_path / "near.dcm")

    hu, notes = decode(tmp_path / "near.dcm")

    assert 0 < np.abs(hu - expected(bits, False)).max() <= 2
    assert notes == (LOSSY_NOTE,)


@pytest.mark.parametrize("name", ["j2klossy_12u", "htlossy_16u"])
@pytest.mark.parametrize("said", ["00", "01", None])
def test_lossy_wavelets_are_flagged_whatever_the_header_says(streamed, name, said):
    path = streamed(name, **({} if said is None else {"LossyImageCompression": said}))

    hu, notes = decode(path)

    # FFmpeg's decoder gives the same greatest errors: 2 and 5.
    assert np.abs(hu - expected(STREAMS[name]["bits"], False)).max() <= 5
    assert notes == (LOSSY_NOTE,)


@pytest.mark.parametrize(
    ("said", "note"), [("01", (LOSSY_NOTE,)), ("00", ()), (None, (PERHAPS_LOSSY_NOTE,))]
)
@pytest.mark.parametrize("syntax", [f"{JPEG}91", f"{JPEG}203"])
def test_a_reversible_stream_in_a_syntax_for_loss_goes_by_the_header(streamed, syntax, said, note):
    stream = base64.b64decode(STREAMS["j2k_12u"]["stream"])
    path = wrap(streamed("j2k_12u"), stream, syntax)
    if said is not None:
        wrap(path, stream, syntax, LossyImageCompression=said)

    assert decode(path)[1] == note


def test_baseline_jpeg_is_decoded_as_dcmtk_does_and_flagged(single, tmp_path):
    run("dcmcjpeg", "+eb", single(12, False), tmp_path / "dct.dcm")
    run("dcmdjpeg", tmp_path / "dct.dcm", tmp_path / "native.dcm")

    hu, notes = decode(tmp_path / "dct.dcm")
    other, _ = decode(tmp_path / "native.dcm")

    # Two inverse transforms may round apart by one step of eight bits, here 16 HU.
    assert np.abs(hu - other).max() <= 17
    assert notes == (LOSSY_NOTE,)


def test_twelve_bit_jpeg_has_no_decoder_and_is_refused(single, tmp_path):
    run("dcmcjpeg", "+ee", single(12, False), tmp_path / "dct.dcm")

    with pytest.raises(
        PixelError, match=r"JPEG Extended \(Process 2 and 4\) cannot be decoded here"
    ):
        decode(tmp_path / "dct.dcm")


@pytest.mark.parametrize("syntax", [f"{JPEG}100", "1.2.3.4"])
def test_a_syntax_without_a_decoder_is_refused(single, syntax):
    path = single(12, False)
    dataset = pydicom.dcmread(path)
    dataset.PixelData = encapsulate([b"\0" * 64])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(path, implicit_vr=False, little_endian=True)

    with pytest.raises(PixelError, match="cannot be decoded here: export the series uncompressed"):
        decode(path)


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_of_another_size_is_refused_before_it_unfolds(streamed, name):
    path = streamed(name, Rows=ROWS + 1)

    with pytest.raises(PixelError, match="25 x 40 pixels, its compressed stream holds 24 x 40"):
        decode(path)


def test_a_sign_that_the_stream_does_not_reach_is_refused(single, tmp_path):
    run("dcmcjpls", "+en", "+md", "2", single(12, False), tmp_path / "a.dcm")
    dataset = pydicom.dcmread(tmp_path / "a.dcm")
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 15, 1
    dataset.save_as(tmp_path / "a.dcm")

    with pytest.raises(PixelError, match="16 signed bits, the compressed stream holds 12"):
        decode(tmp_path / "a.dcm")


def test_missing_frames_are_counted(written, tmp_path):
    _, files = written(header=Header(syntax=f"{JPEG}80"))
    dataset = pydicom.dcmread(files[0])
    dataset.NumberOfFrames = 3
    dataset.save_as(files[0])

    with pytest.raises(PixelError, match="expected 3 compressed frames or more, not all are there"):
        read(files[0], [3], np.zeros((1, 32, 40), np.float32))


@pytest.mark.parametrize("name", STREAMS)
def test_the_head_of_a_stream_is_read_as_it_was_made(name):
    made = STREAMS[name]

    head = describe(base64.b64decode(made["stream"]))

    assert head == Codestream(ROWS, COLUMNS, made["bits"], "lossy" in name)


def test_a_stream_inside_a_jp2_file_is_found():
    stream = base64.b64decode(STREAMS["j2k_12u"]["stream"])
    boxes = b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\x10ftypjp2 \0\0\0\0"
    jp2 = boxes + (8 + len(stream)).to_bytes(4) + b"jp2c" + stream

    assert describe(jp2) == describe(stream)


@pytest.mark.parametrize("name", STREAMS)
def test_the_head_of_a_stream_may_break_off_anywhere(name):
    stream = base64.b64decode(STREAMS[name]["stream"])

    found = {describe(stream[:length]) for length in range(200)}

    assert found == {None, describe(stream)}
