"""What a trained network says of its validation slices when each is shown with another look."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from headct.cohort.splitting.file import read_split
from headct.cohort.splitting.rounds import VALIDATION
from headct.cohort.store.store import open_store
from headct.image.look import LookRanges
from headct.train.look import Augmented
from headct.train.networks.build import build
from headct.train.networks.outputs import Wish
from headct.train.predict_out import predict, write_predictions
from headct.train.slices import slices_of_store

SEED = 99


def predict_otherwise(run: Path, store: Path, split: Path, held_out: str, out: Path) -> None:
    """Write predictions as a run does, of looks that a seed draws for each slice."""
    said = json.loads((run / "run.json").read_text())
    labels, name = said["labels"], said["network"]["name"]
    opened = open_store(store)
    slices = slices_of_store(opened, labels, read_split(split).round(held_out).parts[VALIDATION])
    everyone = np.arange(len(slices), dtype=np.intp)
    chance = np.random.default_rng([SEED, int(slices.rows[0])])
    changed = Augmented(LookRanges())(slices.take(everyone), chance)
    shown = replace(slices, pixels=changed.pixels, labels=changed.labels, masks=None, rows=everyone)
    network = build(Wish(name, said["frames"]["channels"], len(labels), is_pretrained=False))
    network.load_state_dict(torch.load(run / "weights.pt", weights_only=True))
    scores = predict(network, shown)
    write_predictions(out, opened, slices, scores, labels=labels, system=(name, "other look"))
