"""Decoding in a process of its own: the same values, and no harm from what breaks it."""

import base64
import json
import os
import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, generate_frames

from headct.core.errors import PixelError
from headct.dicom.compressed import decompress
from headct.dicom.decoder import Decoder
from headct.dicom.layout import Layout
from headct.dicom.scan import scan
from headct.dicom.stack import stack

STREAM = base64.b64decode(
    json.loads(Path(__file__).with_name("codestreams.json").read_text())["j2k_16u"]["stream"]
)
LAYOUT = Layout("1.2.840.10008.1.2.4.90", 1, 24, 40, 16, 16, 15, False, None, False)


@pytest.fixture
def killer(written, tmp_path):
    """A file whose JPEG holds stray bytes in its head: GDCM ends the process that decodes it."""
    if shutil.which("dcmcjpeg") is None:
        pytest.skip("dcmcjpeg is not here: install dcmtk")
    _, files = written()
    for file in files:
        subprocess.run(["dcmcjpeg", "+e1", file, file], check=True)
        dataset = pydicom.dcmread(file)
        frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
        dataset.PixelData = encapsulate([frame[:2] + bytes(6) + frame[2:]])
        dataset.save_as(file)
    return files[0].parent


def test_what_is_decoded_apart_is_what_is_decoded_here():
    with Decoder() as decoder:
        apart = decoder(STREAM, LAYOUT)

    assert np.array_equal(apart, decompress(STREAM, LAYOUT))


def test_a_reason_given_apart_is_the_reason_given_here():
    with Decoder() as decoder, pytest.raises(PixelError) as apart:
        decoder(STREAM[:60], LAYOUT)
    with pytest.raises(PixelError) as here:
        decompress(STREAM[:60], LAYOUT)

    assert str(apart.value) == str(here.value)


def test_pixels_that_end_the_decoder_are_refused(killer):
    with pytest.raises(PixelError, match=r"0001.dcm: its compressed pixels broke the decoder"):
        stack(scan(killer).studies[0].series[0])


def test_after_a_frame_that_broke_it_the_next_one_is_decoded(killer):
    dataset = pydicom.dcmread(killer / "0001.dcm")
    frame = next(generate_frames(dataset.PixelData, number_of_frames=1))
    layout = replace(LAYOUT, syntax="1.2.840.10008.1.2.4.70", rows=32, columns=40)

    with Decoder() as decoder:
        with pytest.raises(PixelError, match="broke the decoder"):
            decoder(frame, layout)
        after = decoder(STREAM, LAYOUT)

    assert np.array_equal(after, decompress(STREAM, LAYOUT))


@pytest.mark.skipif(os.name != "posix", reason="needs a signal that stops a process")
def test_a_decoder_that_comes_to_no_end_is_left():
    with Decoder(patience_s=0.2) as decoder:
        decoder(STREAM, LAYOUT)
        process = decoder._process
        os.kill(process.pid, signal.SIGSTOP)

        with pytest.raises(PixelError, match=r"kept it busy for more than 0\.2 s"):
            decoder(STREAM, LAYOUT)

    assert process.poll() is not None


def test_no_process_is_left_behind():
    with Decoder() as decoder:
        decoder(STREAM, LAYOUT)
        process = decoder._process

    assert process.poll() is not None


def test_native_pixels_start_no_process(written, monkeypatch):
    _, files = written()
    monkeypatch.setattr(subprocess, "Popen", None)

    assert stack(scan(files[0].parent).studies[0].series[0]).hu.shape[0] == len(files)
