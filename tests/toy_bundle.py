"""A bundle whose network is arithmetic that a reader can redo: ONNX made by hand, no training.

Its label logit is ``GAIN`` x the mean of a slice's channel less ``OFFSET``, its mask logit the same
of each 4 x 4 block of pixels, its class activation the mean of each block.
"""

from dataclasses import replace

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from headct.core.labels import ANY_HEMORRHAGE
from headct.image.encoders import Gray
from headct.image.geometry import Reshape, Square
from headct.image.intensity import Rescale
from headct.image.pipeline import Pipeline
from headct.measure.calibration.stored import Isotonic, Temperature
from headct.measure.curves.operating import OperatingPoint
from headct.predict.bundle.bundle import Contents
from headct.predict.bundle.manifest import (
    CAM,
    LABEL_LOGITS,
    MASK_LOGITS,
    Calibration,
    Graph,
    Manifest,
    Source,
    Threshold,
)
from headct.predict.bundle.selftest import SelfTest
from headct.tasks.task import Task

SIDE, BLOCK = 64, 4
GAIN, OFFSET = 20.0, 0.5

PIPELINE = Pipeline("toy", (Square(), Reshape(SIDE, SIDE), Rescale(0.0, 100.0), Gray()))
TASK = Task(
    name="toy",
    title="a bright slice",
    labels=(ANY_HEMORRHAGE,),
    level="slice",
    pipeline=PIPELINE,
    aggregation="max",
    rule="sensitivity>=0.95",
    has_masks=True,
    has_volume=True,
)
OUTPUTS = ((LABEL_LOGITS, "labels"), (MASK_LOGITS, "masks"), (CAM, "activation"))


def blocks(pixels):
    """(slices, labels, rows, columns) means of blocks of the first channel, one a label."""
    values = pixels[:, :1].astype(np.float32) / 255
    slices, _, rows, columns = values.shape
    shape = (slices, 1, rows // BLOCK, BLOCK, columns // BLOCK, BLOCK)
    return values.reshape(shape).mean(axis=(3, 5))


def expected(pixels, labels=1):
    """What the graph gives, by NumPy; label k has an offset that is k tenths higher."""
    offset = OFFSET + 0.1 * np.arange(labels, dtype=np.float32)
    mean = np.repeat(blocks(pixels), labels, axis=1)
    masks = GAIN * (mean - offset[:, None, None])
    return {
        LABEL_LOGITS: masks.mean(axis=(2, 3)).astype(np.float32),
        MASK_LOGITS: masks.astype(np.float32),
        CAM: mean.astype(np.float32),
    }


def model(labels=1, *, channels=1, gain=GAIN, external=False):
    """The graph as ONNX."""
    weights = np.zeros((labels, channels, 1, 1), np.float32)
    weights[:, 0] = 1
    offset = OFFSET + 0.1 * np.arange(labels, dtype=np.float32)
    constants = [
        numpy_helper.from_array(weights, "weights"),
        numpy_helper.from_array((-gain * offset).astype(np.float32)[:, None, None], "bias"),
        numpy_helper.from_array(np.float32(gain), "gain"),
    ]
    if external:
        tensor = constants[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", "weights.bin"
    nodes = [
        helper.make_node(
            "AveragePool", ["pixels"], ["pooled"], kernel_shape=[BLOCK] * 2, strides=[BLOCK] * 2
        ),
        helper.make_node("Conv", ["pooled", "weights"], ["activation"]),
        helper.make_node("Mul", ["activation", "gain"], ["scaled"]),
        helper.make_node("Add", ["scaled", "bias"], ["masks"]),
        helper.make_node("GlobalAveragePool", ["masks"], ["means"]),
        helper.make_node("Flatten", ["means"], ["labels"]),
    ]
    side = SIDE // BLOCK
    given = [
        helper.make_tensor_value_info("labels", TensorProto.FLOAT, ["slices", labels]),
        helper.make_tensor_value_info("masks", TensorProto.FLOAT, ["slices", labels, side, side]),
        helper.make_tensor_value_info(
            "activation", TensorProto.FLOAT, ["slices", labels, side, side]
        ),
    ]
    taken = helper.make_tensor_value_info(
        "pixels", TensorProto.FLOAT, ["slices", channels, SIDE, SIDE]
    )
    graph = helper.make_graph(nodes, "toy", [taken], given, constants)
    # Versions that ONNX Runtime reads since 2023: a newer onnx would write its own.
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made) if not external else None
    return made.SerializeToString()


def manifest(task=TASK):
    return Manifest(
        name="toy-bright",
        version="1.0.0",
        task=task,
        graph=Graph("pixels", ("gray",), SIDE, SIDE, OUTPUTS),
        thresholds=(
            Threshold(ANY_HEMORRHAGE, "slice", OperatingPoint(0.5, "youden", "fold 1")),
            Threshold(ANY_HEMORRHAGE, "patient", OperatingPoint(0.25, "youden", "fold 1")),
        ),
        calibrations=(
            Calibration(ANY_HEMORRHAGE, "patient", Temperature(2.0), "fold 1"),
            Calibration(ANY_HEMORRHAGE, "slice", Isotonic((0.1, 0.9), (0.0, 1.0)), "fold 1"),
        ),
        training={"seed": 7, "epochs": 2, "learning_rate": 1e-3, "pretrained": True, "note": None},
        sources=(Source("noise", "training", "CC0-1.0", "nobody"),),
    )


def contents(task=TASK):
    labels = len(task.labels)
    pixels = np.random.default_rng(5).integers(0, 256, (2, 1, SIDE, SIDE), np.uint8)
    return Contents(
        manifest(task), model(labels), "# Toy\n", SelfTest(pixels, expected(pixels, labels))
    )


def changed(**changes):
    """The contents of a bundle with some parts of the manifest changed."""
    made = contents()
    return replace(made, manifest=replace(made.manifest, **changes))
