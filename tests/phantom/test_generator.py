import json
from itertools import islice

import numpy as np
import pytest

from headct.core.errors import OutputError, ScanError
from headct.core.labels import ANY_HEMORRHAGE, LABELS, LEUKOENCEPHALOPATHY, SUBDURAL
from headct.core.record import Record
from headct.phantom.generator import MASKED, examples, labels_of, read_shard, write_shard
from headct.phantom.randomization import Randomization

# One head, two diseases, two scans each: everything bleeds, and has white matter disease.
SICK = Randomization(
    diseases_per_head=2, scans_per_disease=2, bleeding=1.0, whitened=1.0, thickness_mm=(6.0, 8.0)
)
RECORD = Record("test", {}, seed=1)


@pytest.fixture(scope="module")
def two_heads():
    return list(islice(examples(1, SICK, matrix=64), 5))


@pytest.fixture(scope="module")
def drawn(two_heads):
    return two_heads[:4]


def test_examples_hold_slices_masks_and_labels_that_agree(drawn):
    for example in drawn:
        slices = len(example.hu)
        assert example.hu.shape == example.masks.shape == (slices, 64, 64)
        assert example.hu.dtype == np.float32
        assert example.labels.shape == (slices, len(LABELS))
        for code, label in enumerate(MASKED, start=1):
            shown = (example.masks == code).any(axis=(1, 2))
            assert np.array_equal(example.labels[:, LABELS.index(label)], shown)


def test_the_sick_bleed_and_have_white_matter_disease(drawn):
    for example in drawn:
        shown = example.labels.any(axis=0)
        assert shown[LABELS.index(ANY_HEMORRHAGE)]
        assert shown[LABELS.index(LEUKOENCEPHALOPATHY)]


def test_scans_of_one_disease_differ_and_diseases_differ(drawn):
    assert len({example.hu.tobytes() for example in drawn}) == 4
    assert len({example.spacing_mm for example in drawn}) == 4


@pytest.mark.slow
def test_the_same_seed_gives_the_same_examples(drawn):
    again = next(examples(1, SICK, matrix=64))

    assert again.hu.tobytes() == drawn[0].hu.tobytes()
    assert again.masks.tobytes() == drawn[0].masks.tobytes()


@pytest.mark.slow
def test_workers_together_give_what_one_gives(two_heads):
    second = next(examples(1, SICK, matrix=64, first=1, step=2))

    assert second.hu.tobytes() == two_heads[4].hu.tobytes()


def test_labels_are_those_of_the_masks():
    masks = np.zeros((3, 4, 4), np.uint8)
    masks[1, 0, 0] = 1 + MASKED.index(SUBDURAL)
    masks[2, 0, 0] = 1 + MASKED.index(LEUKOENCEPHALOPATHY)

    labels = labels_of(masks)

    named = [{LABELS[i] for i in np.flatnonzero(row)} for row in labels]
    assert named == [set(), {SUBDURAL, ANY_HEMORRHAGE}, {LEUKOENCEPHALOPATHY}]


def test_a_shard_is_read_back_as_it_was_written(drawn, tmp_path):
    write_shard(tmp_path / "shard", drawn, RECORD)

    back = read_shard(tmp_path / "shard")

    assert len(back) == 4
    for read, made in zip(back, drawn, strict=True):
        # The scanner gives whole HU, so int16 loses nothing.
        assert np.array_equal(read.hu, made.hu)
        assert np.array_equal(read.masks, made.masks)
        assert np.array_equal(read.labels, made.labels)
        assert read.spacing_mm == made.spacing_mm
    assert isinstance(back[0].hu.base, np.memmap)


def test_a_shard_that_was_changed_is_refused(drawn, tmp_path):
    write_shard(tmp_path / "shard", drawn[:1], RECORD)
    about = tmp_path / "shard" / "shard.json"
    said = json.loads(about.read_text())
    about.write_text(json.dumps(said | {"scans": [3]}))

    with pytest.raises(ScanError, match=r"no shard .* that can be read \(ValueError\)"):
        read_shard(tmp_path / "shard")
    with pytest.raises(ScanError, match=r"no shard .* that can be read \(FileNotFoundError\)"):
        read_shard(tmp_path)


def test_a_shard_is_not_written_over_something_or_of_nothing(drawn, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()

    with pytest.raises(OutputError, match="holds files already"):
        write_shard(tmp_path / "full", drawn, RECORD)
    with pytest.raises(ValueError, match="one scan or more, all of one matrix"):
        write_shard(tmp_path / "none", [], RECORD)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"bleeding": 1.5}, "bleeding is a share of 0 to 1, got 1.5"),
        ({"volume_ml": (0.0, 5.0)}, "bleeds have more than 0 mL"),
        ({"tilt_deg": (5.0, -5.0)}, "tilt_deg goes from low to high, got 5.0 to -5.0"),
        ({"scans_per_disease": 0}, "a disease one scan or more"),
    ],
)
def test_ranges_that_cannot_be_drawn_from_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        Randomization(**wrong)
