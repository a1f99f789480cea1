import json
from dataclasses import fields, replace

import numpy as np
import pytest

from headct.core.frames import Frames
from headct.core.grid import Grid
from headct.core.volume import SliceSource
from headct.image.encoders import Gray, Neighbours, Windows
from headct.image.field import BrainField
from headct.image.filters import Clahe, Gaussian, Mean, Median, MergeContrast, Open
from headct.image.geometry import Crop, Reorient, Resample, Reshape, Square, Straighten
from headct.image.intensity import ClipHU, Normalize, Remove, Rescale, Standardize
from headct.image.pipeline import (
    STEPS,
    Pipeline,
    is_encoder,
    parse_pipeline,
    parse_step,
    step_as_dict,
)
from headct.image.segment import Segmented
from headct.image.slices import BrainSlices, DepthNormalize, VentricleSlices
from headct.image.strip import KeepBrain, KeepHead

EXAMPLES = (
    BrainField(),
    BrainSlices(),
    Clahe(clip=3.0, tiles=4),
    ClipHU(0, 80),
    Crop(slices=(1, 4), columns=(3, 20)),
    DepthNormalize(depth=40, center=0.5, short="repeat"),
    Gaussian(0.8),
    Gray(),
    KeepBrain(),
    KeepHead(-1000),
    Mean(4),
    Median(5),
    MergeContrast(0.02, 5, 0.25),
    Neighbours(4.0, (40, 120)),
    Normalize(12.5, 30.25),
    Open(),
    Reorient(),
    Resample((3.0, 1.0, 1.0)),
    Remove(at_most=0.0, at_least=40),
    Rescale(-20, 100),
    Reshape(32, 30, by="bilinear"),
    Segmented(by="growing", rows=201, columns=201),
    Square(),
    Standardize(20.0, 30.0, reach=2.0),
    Straighten(),
    VentricleSlices(15.0),
    Windows(((40, 80), (80, 200))),
)
EACH = pytest.mark.parametrize("step", EXAMPLES, ids=lambda step: type(step).__name__)
NAMES = {kind.__name__: kind for kind in map(type, EXAMPLES)}


SliceChoice = BrainSlices | DepthNormalize | VentricleSlices


def test_every_step_of_the_table_has_an_example():
    assert set(NAMES) == set(STEPS)


@EACH
def test_a_step_changes_a_copy_and_says_so(noise, ball_head, step):
    sources = tuple(SliceSource(f"{k}.dcm") for k in range(noise.grid.shape[0]))
    given = Straighten()(noise) if is_encoder(step) else noise
    if isinstance(step, Gray | MergeContrast):
        given = Rescale(-100, 100)(given)
    if isinstance(step, Square):
        given = Crop(columns=(3, 20))(given)
    if isinstance(step, KeepBrain | Segmented | SliceChoice):
        given = ball_head.scan()
        sources = tuple(SliceSource(f"{k}.dcm") for k in range(given.grid.shape[0]))
    volume = replace(given, sources=sources)
    before, origins = volume.hu.copy(), volume.grid.origins_mm.copy()

    result = step(volume)

    np.testing.assert_array_equal(volume.hu, before)
    np.testing.assert_array_equal(volume.grid.origins_mm, origins)
    assert isinstance(result, Frames if is_encoder(step) else type(volume))
    assert isinstance(result.grid, Grid)
    if is_encoder(step):
        assert result.grid == volume.grid
        return
    assert result.history == (*volume.history, repr(step))
    assert result.grid.is_measured == volume.grid.is_measured
    assert result.hu.flags.c_contiguous
    moves = isinstance(
        step, BrainField | Crop | Resample | Reshape | SliceChoice | Square | Straighten
    )
    assert (result.grid == volume.grid) is not moves
    kept = [source.file for source in result.sources]
    all_files = [source.file for source in sources]
    if isinstance(step, SliceChoice):
        assert len(kept) == result.grid.shape[0]
        assert set(kept) <= set(all_files)
    else:
        assert kept in ([], all_files, all_files[1:4])


@EACH
def test_the_record_of_a_step_makes_the_same_step(step):
    assert eval(repr(step), dict(NAMES)) == step


@EACH
def test_a_step_goes_through_a_manifest_and_back(step):
    written = json.loads(json.dumps(step_as_dict(step)))

    assert parse_step(written) == step
    assert set(written) == {"step", *(field.name for field in fields(step))}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"step": "ClipHU", "low": "0"}, r"ClipHU\.low: expected a finite number, got '0'"),
        ({"step": "ClipHU", "low": True}, r"ClipHU\.low: expected a finite number, got True"),
        ({"step": "ClipHU", "high": float("nan")}, r"ClipHU\.high: expected a finite number"),
        ({"step": "ClipHU", "high": 10**400}, r"ClipHU\.high: expected a finite number"),
        ({"step": "ClipHU", "low": 5, "high": 0}, r"ClipHU\.low, high: expected low < high"),
        ({"step": "ClipHU", "lwo": 5}, r"ClipHU: unknown field 'lwo': expected low, high"),
        ({"step": "Straighten", "by": 5}, r"Straighten: unknown field 'by': expected none"),
        ({"step": "Gaussian"}, r"Gaussian\.sigma_mm: expected a value, got none"),
        ({"step": "Mean", "size_px": 3.0}, r"Mean\.size_px: expected a whole number, got 3\.0"),
        (
            {"step": "Reshape", "rows": 8, "columns": 8, "by": "cubic"},
            r"Reshape\.by: expected area or",
        ),
        ({"step": "Resample", "spacing_mm": [1, 1]}, r"Resample\.spacing_mm: expected 3 values"),
        ({"step": "Resample", "spacing_mm": 1}, r"Resample\.spacing_mm: expected a list, got 1"),
        ({"step": "Windows", "windows": [[40, 80], [1]]}, r"Windows\.windows\[1\]: expected 2"),
        ({"step": "Windows", "windows": [[40, None]]}, r"windows\[0\]\[1\]: expected a finite"),
        (
            {"step": "os.system"},
            r"unknown step 'os\.system': expected one of BrainField",
        ),
        ({"step": ["ClipHU"]}, r"expected a step as"),
        ("ClipHU", r"expected a step as"),
    ],
)
def test_a_slip_in_a_manifest_is_named_by_step_and_field(entry, said):
    with pytest.raises(ValueError, match=said):
        parse_step(entry)


CHAIN = Pipeline("brain", (Straighten(), Reshape(24, 24), ClipHU(0, 80), Windows(((40, 80),))))


def test_a_pipeline_runs_its_steps_in_order(noise):
    frames = CHAIN(noise)

    by_hand = Windows(((40, 80),))(ClipHU(0, 80)(Reshape(24, 24)(Straighten()(noise))))
    np.testing.assert_array_equal(frames.pixels, by_hand.pixels)
    assert frames.grid == by_hand.grid


def test_what_a_pipeline_prepares_has_every_step_in_its_history(noise):
    assert CHAIN.prepare(noise).history == ("made", *(repr(step) for step in CHAIN.steps[:-1]))


def test_a_pipeline_goes_through_json_and_back():
    assert parse_pipeline(json.loads(json.dumps(CHAIN.as_dict()))) == CHAIN


def test_equal_steps_have_one_hash_under_any_name_and_way_of_writing():
    other = parse_pipeline(
        {
            "name": "other",
            "steps": [
                {"step": "Straighten"},
                {"columns": 24, "step": "Reshape", "rows": 24},
                {"step": "ClipHU", "low": 0.0, "high": 80},
                {"step": "Windows", "windows": [[40.0, 80]]},
            ],
        }
    )

    assert other.sha256 == CHAIN.sha256
    assert replace(CHAIN, steps=CHAIN.steps[1:]).sha256 != CHAIN.sha256


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ([], "expected a pipeline as"),
        ({"name": "p", "steps": [], "more": 1}, "expected a pipeline as"),
        ({"name": "", "steps": []}, "a text as the pipeline's name"),
        ({"name": "p", "steps": {}}, "pipeline p: expected a list of steps"),
        ({"name": "p", "steps": []}, "pipeline p: expected an encoder at the end"),
        ({"name": "p", "steps": [{"step": "Open"}]}, "pipeline p: expected an encoder at the end"),
        ({"name": "p", "steps": [{"step": "Windows"}, {"step": "Open"}]}, "Windows is step 1 of 2"),
        ({"name": "p", "steps": [{"step": "Open"}, {"step": "X"}]}, "pipeline p, step 2: unknown"),
    ],
)
def test_a_pipeline_that_cannot_be_is_refused(manifest, said):
    with pytest.raises(ValueError, match=said):
        parse_pipeline(manifest)


def test_a_step_outside_the_table_is_refused():
    with pytest.raises(ValueError, match="step 1 is not in the table"):
        Pipeline("p", (print, Windows()))
