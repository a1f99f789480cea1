import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest

from headct.analyze.study import Trained, analyze
from headct.core.errors import NothingUsable, ScanError
from headct.core.finding import Finding, Prediction
from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.dicom.write import Header, write
from headct.image.formats.nifti import write_nifti
from headct.image.formats.offer import Reading
from headct.image.geometry import Reshape
from headct.image.head import intracranial
from headct.phantom.body.anatomy import head
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

DEFAULT = Reading()


@pytest.fixture(scope="module")
def answer(bleeding_folder):
    return analyze(bleeding_folder / "dicom", DEFAULT)


def test_a_series_is_answered_on_the_scan_as_it_was_read(answer, bleeding):
    assert answer.prediction.finding("any_hemorrhage").volume_ml == pytest.approx(30, rel=0.15)
    assert answer.prediction.mask.grid == bleeding.volume.grid
    assert answer.volume.sources[0].file.endswith(".dcm")
    assert set(answer.timing_s) == {"find", "read", "skull", "predict"}


def test_a_zip_gives_the_answer_of_its_folder(answer, bleeding_folder, tmp_path):
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in sorted((bleeding_folder / "dicom").iterdir()):
            packed.write(file, f"study/{file.name}")

    again = analyze(archive, DEFAULT)

    assert again.prediction.findings == answer.prediction.findings


def test_nifti_of_an_even_series_gives_the_same_volume(healthy, bleeding, tmp_path):
    path = tmp_path / "head.nii.gz"
    write_nifti(healthy.volume, path)

    found = analyze(path, DEFAULT)

    assert found.prediction.finding("any_hemorrhage").present is False
    assert found.intracranial_volume_ml == pytest.approx(1300, rel=0.3)


def test_pictures_give_a_finding_without_millilitres(bleeding, tmp_path):
    for number, hu in enumerate(bleeding.volume.hu, start=1):
        gray = np.clip((hu + 20) / 120 * 255, 0, 255).round().astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"{number}.png"), gray)

    found = analyze(tmp_path, Reading(window=(40, 120)))

    finding = found.prediction.finding("any_hemorrhage")
    assert (finding.present, finding.volume_ml) == (True, None)
    assert any("spacing is not known" in warning for warning in found.warnings)
    assert any("window" in warning for warning in found.warnings)


def test_pictures_without_a_window_are_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((8, 8), np.uint8))

    with pytest.raises(ScanError, match="--window 40 80"):
        analyze(tmp_path, DEFAULT)


@pytest.mark.parametrize("reading", [Reading(window=(40, 80)), Reading(spacing_mm=(5.0, 0.5, 0.5))])
def test_a_scale_for_what_carries_its_own_is_refused(bleeding_folder, healthy, reading, tmp_path):
    write_nifti(healthy.volume, tmp_path / "head.nii.gz")

    for scan in (bleeding_folder / "dicom", tmp_path / "head.nii.gz"):
        with pytest.raises(ScanError, match="leave --window and --spacing-mm out"):
            analyze(scan, reading)


@pytest.mark.parametrize(
    "wrong", [{"window": (40, 0)}, {"window": (float("nan"), 80)}, {"spacing_mm": (0.0, 1.0, 1.0)}]
)
def test_a_scale_that_cannot_be_is_wrong_usage(wrong):
    with pytest.raises(ValueError, match="got"):
        Reading(**wrong)


def test_a_thumbnail_beside_a_series_does_not_replace_it(answer, bleeding_folder, tmp_path):
    shutil.copytree(bleeding_folder / "dicom", tmp_path / "scan")
    cv2.imwrite(str(tmp_path / "scan" / "thumb.jpg"), np.zeros((64, 64), np.uint8))

    found = analyze(tmp_path / "scan", DEFAULT)

    assert found.prediction.findings == answer.prediction.findings


def test_slices_stored_from_the_head_down_are_counted_from_the_feet(answer, bleeding, tmp_path):
    volume = bleeding.volume
    grid = volume.grid
    last = [[i, 0, grid.shape[2] - 1] for i in range(grid.shape[0])][::-1]
    mirrored = replace(
        volume,
        hu=np.ascontiguousarray(volume.hu[::-1, :, ::-1]),
        grid=replace(grid, origins_mm=grid.to_world(last), column_axis=-grid.column_axis),
    )
    write(mirrored, tmp_path / "mirrored", Header())

    found = analyze(tmp_path / "mirrored", DEFAULT)

    assert found.volume.grid.origins_mm[0, 2] < found.volume.grid.origins_mm[-1, 2]
    assert found.volume.grid.tilt_deg == pytest.approx(15.0, abs=0.1)
    finding, expected = (a.prediction.finding("any_hemorrhage") for a in (found, answer))
    assert finding.slices == expected.slices
    assert finding.volume_ml == pytest.approx(expected.volume_ml, rel=1e-3)


def test_pixels_twice_as_high_as_wide_do_not_change_the_answer(answer, bleeding, tmp_path):
    volume = bleeding.volume
    halved = Reshape(volume.grid.shape[1] // 2, volume.grid.shape[2])(volume)
    write(halved, tmp_path / "flat", Header())

    found = analyze(tmp_path / "flat", DEFAULT).prediction.finding("any_hemorrhage")

    expected = answer.prediction.finding("any_hemorrhage").volume_ml
    assert found.volume_ml == pytest.approx(expected, rel=0.05)


def test_the_evidence_names_the_slices_that_the_mask_shows(answer):
    finding = answer.prediction.finding("any_hemorrhage")

    first, last = finding.slices[0] + 1, finding.slices[-1] + 1
    assert any(line.startswith(f"slices {first} to {last}: ") for line in finding.evidence)


def test_what_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(ScanError, match="nothing is at 'nowhere'"):
        analyze(tmp_path / "nowhere", DEFAULT)


def test_a_bone_kernel_beside_it_is_refused_with_its_reason(bleeding, bleeding_folder, tmp_path):
    shutil.copytree(bleeding_folder / "dicom", tmp_path / "soft")
    header = Header(series_description="Head bone", series_number=3, kernel="BONE")
    write(bleeding.volume, tmp_path / "bone", header, seed="phantom bone")

    study = analyze(tmp_path / "soft", DEFAULT)
    with pytest.raises(NothingUsable) as refused:
        analyze(tmp_path / "bone", DEFAULT)

    assert study.prediction.finding("any_hemorrhage").present
    assert any("kernel" in refusal.reason for refusal in refused.value.refused)


def test_two_studies_are_refused_rather_than_mixed(bleeding, bleeding_folder, tmp_path):
    shutil.copytree(bleeding_folder / "dicom", tmp_path / "all" / "one")
    write(bleeding.volume, tmp_path / "all" / "two", Header(), seed="another study")

    with pytest.raises(ScanError, match="2 studies with a head CT"):
        analyze(tmp_path / "all", DEFAULT)


def test_slices_missing_from_the_middle_are_refused_or_said(bleeding_folder, tmp_path):
    scan = tmp_path / "gap"
    shutil.copytree(bleeding_folder / "dicom", scan)
    for file in sorted(scan.iterdir())[20:22]:
        file.unlink()

    with pytest.raises(NothingUsable) as refused:
        analyze(scan, DEFAULT)
    allowed = analyze(scan, Reading(allow_gaps=True))

    assert "a slice may be missing" in refused.value.refused[0].reason
    assert allowed.missing_after == (19,)
    assert any("missing" in warning for warning in allowed.warnings)


def test_slices_missing_among_overlapping_ones_are_said(healthy, tmp_path):
    # Without one, 5 mm slices lie 10 mm apart: beyond 8 mm thickness and a tenth.
    thickness_mm = [8.0] * healthy.volume.grid.shape[0]
    files = write(healthy.volume, tmp_path / "scan", Header(), thickness_mm=thickness_mm)
    files[19].unlink()

    found = analyze(tmp_path / "scan", Reading(allow_gaps=True))

    assert found.missing_after == (18,)


def test_pixels_compressed_with_loss_are_warned_of(bleeding_folder, tmp_path):
    shutil.copytree(bleeding_folder / "dicom", tmp_path / "lossy")
    for file in (tmp_path / "lossy").iterdir():
        image = pydicom.dcmread(file)
        image.LossyImageCompression = "01"
        image.save_as(file)

    found = analyze(tmp_path / "lossy", DEFAULT)

    assert any("compressed with loss" in warning for warning in found.warnings)


@pytest.fixture
def warned(ball_head, tmp_path):
    """What is warned of a ball of brain of 60 mm radius, cut or on voxels of another size."""

    def make(keep=slice(None), scale=1.0):
        hu = ball_head.scan().hu[keep]
        grid = Grid.regular(hu.shape, (5.0 * scale, scale, scale))
        write_nifti(Volume(hu, grid), tmp_path / "ball.nii.gz")
        return analyze(tmp_path / "ball.nii.gz", DEFAULT).warnings

    return make


# Slices lie at -70, -65, ..., 70 mm: one at z shows pi * (60**2 - z**2) mm2 of brain.
@pytest.mark.parametrize(
    ("keep", "said"),
    [
        (slice(0, 24), "the top of the head is cut off: 49 cm² of brain in the topmost slice"),
        (slice(0, 25), None),
        (slice(6, None), "the base of the head is cut off: 63 cm² of brain in the lowest slice"),
        (slice(5, None), None),
    ],
    ids=["top at 45 mm", "top at 50 mm", "bottom at -40 mm", "bottom at -45 mm"],
)
def test_a_head_cut_off_at_either_end_is_warned_of(warned, keep, said):
    warnings = warned(keep)

    cut = [line for line in warnings if "cut off" in line]
    assert [line.split(",")[0] for line in cut] == ([said] if said else [])


# 4/3 pi 60 mm ** 3 are 905 mL, which is found to 3 %.
@pytest.mark.parametrize(("scale", "is_small"), [(0.97, True), (1.03, False)])
def test_less_than_900_ml_inside_the_skull_is_warned_of(warned, scale, is_small):
    small = [line for line in warned(scale=scale) if "less than a whole adult head" in line]

    assert len(small) == is_small
    assert all("(900 mL or more)" in line for line in small)


def test_whole_heads_are_not_said_to_be_cut_off(answer, healthy, tmp_path):
    write(healthy.volume, tmp_path / "straight", Header())

    warnings = (*answer.warnings, *analyze(tmp_path / "straight", DEFAULT).warnings)

    assert [line for line in warnings if "cut off" in line] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 11))
def test_no_whole_digital_head_is_said_to_be_cut_off(seed, tmp_path):
    drawn = head(seed)
    made = scan_head(drawn, [], Protocol((Block(32, 5.0, 5.0),), matrix=256), seed)
    write(made.volume, tmp_path / "scan", Header())

    whole = analyze(tmp_path / "scan", DEFAULT)
    kept = 1 + int(np.flatnonzero(intracranial(made.volume).areas_cm2 > 45)[-1])
    ended = Volume(made.volume.hu[:kept], made.volume.grid.slices(range(kept)))
    write(ended, tmp_path / "cut", Header())
    short = analyze(tmp_path / "cut", DEFAULT)

    assert not any("cut off" in line for line in whole.warnings)
    assert any("the top of the head is cut off" in line for line in short.warnings)


def test_a_body_that_is_no_head_is_refused(bleeding, tmp_path):
    grid = bleeding.volume.grid
    hu = np.full(grid.shape, -1000, np.float32)
    rows, columns = np.mgrid[: grid.shape[1], : grid.shape[2]]
    hu[:, np.hypot(rows - 128, columns - 128) < 100] = 40
    folder = tmp_path / "water"
    write(type(bleeding.volume)(hu, grid), folder, Header())

    with pytest.raises(NothingUsable) as refused:
        analyze(folder, DEFAULT)

    assert any("no skull with a brain" in refusal.reason for refusal in refused.value.refused)


def test_the_real_series_reads_as_its_headers_and_its_pixels_say(ge_series: Path):
    answer = analyze(ge_series, DEFAULT)

    grid = answer.volume.grid
    assert grid.shape[0] == 28
    assert grid.tilt_deg == pytest.approx(18.5, abs=0.2)
    assert grid.distances_mm[[0, 13, 14]] == pytest.approx([4.00, 1.08, 7.00], abs=0.01)
    assert 1100 < answer.intracranial_volume_ml < 1700
    assert answer.prediction.finding("any_hemorrhage").volume_ml < 1.0
    assert not any("cut off" in line for line in answer.warnings)


class Always:
    """A bundle that always says the same, and remembers what it was told."""

    def __init__(self, finding):
        self.finding = finding

    def see(self, volume):
        return volume.grid

    def answer(self, seen, onto, classical):
        assert seen == onto
        self.classical = classical
        return Prediction("always", "2", (self.finding,))


def trained(present, label="any_hemorrhage"):
    finding = Finding(label, present, score=0.7, threshold=0.5 if present else 0.9)
    return Trained(Always(finding), "abc", "onnxruntime")


def test_a_bundle_answers_and_the_classical_finder_stands_beside(bleeding_folder, answer):
    bundle = trained(True)

    beside = analyze(bleeding_folder / "dicom", DEFAULT, trained=bundle)

    assert beside.prediction.method == "always"
    assert bundle.runner.classical.findings == answer.prediction.findings
    assert beside.cross_check.findings == answer.prediction.findings
    assert beside.record.inputs["bundle"] == "abc"
    assert beside.record.arguments["backend"] == "onnxruntime"
    assert not any("does not" in warning for warning in beside.warnings)


def test_that_bundle_and_finder_disagree_is_said_first(bleeding_folder):
    beside = analyze(bleeding_folder / "dicom", DEFAULT, trained=trained(False))

    assert beside.warnings[0].startswith("classical finds hemorrhage and always does not")


def test_a_bundle_that_was_asked_another_thing_disagrees_with_nothing(bleeding_folder, answer):
    beside = analyze(
        bleeding_folder / "dicom", DEFAULT, trained=trained(False, "leukoencephalopathy")
    )

    assert beside.warnings == answer.warnings
