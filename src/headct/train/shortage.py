"""What a machine may lack while it trains, in words that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
from torch.multiprocessing.spawn import ProcessExitedException, ProcessRaisedException

from headct.core.errors import OutputError, TrainError

# PyTorch on processors and accelerators, its shared memory, C++ and OpenCV; oneDNN says of a
# lack of memory only what it could not create.
_NO_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "Cannot allocate memory",
    "unable to allocate shared memory",
    "bad_alloc",
    "Insufficient memory",
    "could not create a memory",
    "MemoryError",
)
_NO_ROOM = (
    "No space left on device",
    "File too large",
    "Disk quota exceeded",
    "PytorchStreamWriter failed",
    "file write failed",
)
# The system ends a process that takes too much, without a word to it.
_KILLED = ("DataLoader worker", "is killed by signal", "exited unexpectedly")


@contextmanager
def shortage_told() -> Iterator[None]:
    """Let a lack of memory or of room be a refusal that says what to do.

    Raises:
        TrainError: the memory did not suffice, or a process was ended by the system.
        OutputError: something could not be written.
    """
    try:
        yield
    except ProcessExitedException as error:
        raise TrainError(_killed(f"ended with {error.exit_code}")) from error
    except (OSError, MemoryError, RuntimeError, cv2.error, ProcessRaisedException) as error:
        said = str(error)
        if isinstance(error, MemoryError) or any(text in said for text in _NO_MEMORY):
            raise TrainError(
                "the memory does not suffice: begin anew with a smaller --batch-size or network, "
                "or --resume where more is free; each finished epoch is kept"
            ) from error
        if any(text in said for text in _KILLED):
            raise TrainError(_killed("was ended by the system")) from error
        if isinstance(error, OSError) or any(text in said for text in _NO_ROOM):
            raise OutputError(
                "the run cannot be written: check that the disk has room and the folder may be "
                "written, then --resume; the last whole checkpoint is kept"
            ) from error
        raise


def _killed(how: str) -> str:
    return (
        f"a process of the training {how}, as where memory runs out: --resume goes on with "
        "fewer --workers, or where more is free; each finished epoch is kept"
    )
