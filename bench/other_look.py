"""What a trained network says of its validation slices when each is shown with another look."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from headct.cohort.splitting.file import read_split
from headct.cohort.splitting.rounds import VALIDATION
from headct.cohort.store.store import open_store
from headct.image.look import LookRanges
from headct.train.bundling.finished import read_finished
from headct.train.bundling.proof import trained_network
from headct.train.look import Augmented
from headct.train.predict_out import predict, write_predictions
from headct.train.slices import slices_of_store

SEED = 99


def predict_otherwise(run: Path, store: Path, split: Path, held_out: str, out: Path) -> None:
    """Write predictions as a run does, of looks that a seed draws for each slice."""
    finished = read_finished(run)
    labels, name = finished.task.labels, finished.said["network"]["name"]
    opened = open_store(store)
    slices = slices_of_store(opened, labels, read_split(split).round(held_out).parts[VALIDATION])
    everyone = np.arange(len(slices), dtype=np.intp)
    chance = np.random.default_rng([SEED, int(slices.rows[0])])
    changed = Augmented(LookRanges())(slices.take(everyone), chance)
    shown = replace(slices, pixels=changed.pixels, labels=changed.labels, masks=None, rows=everyone)
    scores = predict(trained_network(finished), shown)
    write_predictions(out, opened, slices, scores, labels=labels, system=(name, "other look"))
