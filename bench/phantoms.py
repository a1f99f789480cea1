"""The phantoms that measurements share: other heads than the tests use."""

import numpy as np

from headct.phantom.scanner.protocol import Block, Protocol

PROTOCOLS = {
    "straight": Protocol(blocks=(Block(32, 5.0, 5.0),)),
    "tilted 20°": Protocol(blocks=(Block(34, 5.0, 5.0),), tilt_deg=20.0),
    "mixed 4 and 7 mm": Protocol(blocks=(Block(14, 4.0, 4.0), Block(16, 7.0, 7.0))),
    "mixed, tilted 20°": Protocol(blocks=(Block(14, 4.0, 4.0), Block(17, 7.0, 7.0)), tilt_deg=20.0),
}


def volumes_ml(count: int, low: float, high: float, seed: int) -> list[float]:
    """Volumes spread evenly over their logarithm, as bleeds are."""
    chance = np.random.default_rng(seed)
    return [float(v) for v in np.exp(chance.uniform(np.log(low), np.log(high), count))]
