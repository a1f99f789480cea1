"""Several processes that train one network, and which of them writes.

On accelerators Lightning starts the same command again for each device, and torchrun or a scheduler
starts it on each machine: all of them come to the same folder, and one of them made it.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.lsf import LSFEnvironment
from lightning.fabric.plugins.environments.mpi import MPIEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning.fabric.utilities.rank_zero import rank_zero_only

from headct.core.errors import TrainError
from headct.train.settings import RUN_JSON, read_run

# The first process reads the store and measures the precision meanwhile.
_WAIT_S, _LOOK_AGAIN_S = 600.0, 0.2
_LAUNCHERS = (TorchElasticEnvironment, SLURMEnvironment, LSFEnvironment, MPIEnvironment)


def is_first() -> bool:
    """Whether this process is the one that writes, as torchrun, a scheduler or Lightning says."""
    return bool(rank_zero_only.rank == 0)  # type: ignore[attr-defined]


def are_started_outside() -> bool:
    """Whether something else has started every process, and none is to be started here."""
    return (
        any(launcher.detect() for launcher in _LAUNCHERS)
        or LightningEnvironment().creates_processes_externally
    )


def run_of_first(folder: Path, wait_s: float = _WAIT_S) -> Mapping[str, Any]:
    """What the first process was asked for and found out, as soon as it has written it.

    Raises:
        TrainError: it has written nothing within ``wait_s``.
    """
    until = time.monotonic() + wait_s
    while (there := read_run(folder)) is None:
        if time.monotonic() > until:
            raise TrainError(
                f"the first process has not written {RUN_JSON} into {folder.name} within "
                f"{wait_s:.0f} s: it may have ended, or the machines do not share that folder"
            )
        time.sleep(_LOOK_AGAIN_S)
    return there
