"""How a network is trained: plain values, recorded beside it."""

from dataclasses import dataclass
from typing import Literal, get_args

Optimizer = Literal["adamw", "adam"]
Schedule = Literal["onecycle", "cosine", "constant"]
Precision = Literal["32-true", "bf16-mixed", "16-mixed", "measure"]


@dataclass(frozen=True)
class Plan:
    """How a network is trained.

    Args:
        epochs: at most.
        steps: of an epoch; 0 for as many as take each slice of the first source once.
        batch_size: slices a step, on each device.
        learning_rate: the highest.
        optimizer: "adamw", or "adam".
        weight_decay: of AdamW; Adam adds it to the gradient.
        schedule: "onecycle" rises for a tenth of the steps, then falls along a cosine to nothing;
            "cosine" falls from the start; "constant" stays.
        ema: decay of the moving average of weights, that is what is validated and kept; 0 for the
            weights themselves.
        patience: epochs without a lower validation loss after which training ends, and the best
            epoch is kept; 0 to train to the end and keep the last.
        precision: "measure" takes what is faster for this network here, and records it.
        seed: of everything drawn.
        threads: of torch; 0 for as many as there are. Another number gives other roundings.
        devices: processes, with one accelerator or a share of the processor each.
        nodes: machines, started by torchrun or a scheduler that Lightning knows.
        workers: processes that read and change batches; 0 for none beside the training itself.
    """

    epochs: int = 20
    steps: int = 0
    batch_size: int = 32
    learning_rate: float = 7e-4
    optimizer: Optimizer = "adamw"
    weight_decay: float = 2e-2
    schedule: Schedule = "onecycle"
    ema: float = 0.99
    patience: int = 0
    precision: Precision = "measure"
    seed: int = 0
    threads: int = 0
    devices: int = 1
    nodes: int = 1
    workers: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "devices", "nodes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: expected 1 or more, got {getattr(self, name)}")
        for name in ("steps", "patience", "seed", "threads", "workers"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: expected 0 or more, got {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate: expected more than 0, got {self.learning_rate:g}")
        if not 0 <= self.ema < 1:
            raise ValueError(f"ema: expected 0 to below 1, got {self.ema:g}")
        choices = {"optimizer": Optimizer, "schedule": Schedule, "precision": Precision}
        for name, options in choices.items():
            if getattr(self, name) not in get_args(options):
                expected = ", ".join(get_args(options))
                raise ValueError(f"{name}: expected {expected}, got {getattr(self, name)!r}")
