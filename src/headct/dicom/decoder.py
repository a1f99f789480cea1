"""A decoder in a process of its own, so that what breaks it breaks nothing else.

Decoders are C and C++: on damaged pixels GDCM ends the process that called it (its assertions
throw past Python), and pyjpegls may never come back. Here they run apart, for a bounded time.
"""

import json
import os
import struct
import subprocess
import sys
from dataclasses import asdict
from threading import Timer
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import PixelError
from headct.dicom.compressed import decompress
from headct.dicom.layout import Layout

# Lengths of what follows: a layout as JSON, and a compressed frame.
_REQUEST = struct.Struct("<LL")
# Whether it went well, and the length of what follows: pixels, or the reason.
_REPLY = struct.Struct("<?L")
_READY = b"."
# The slowest frames take 0.2 microseconds a pixel (JPEG 2000); a crowded machine is far slower.
PATIENCE_S, _PATIENCE_S_A_PIXEL = 5.0, 1e-6


class Decoder:
    """Decodes compressed frames apart; the process starts with the first one.

    Args:
        patience_s: how long one frame may take, beside a microsecond for each pixel.
    """

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def __call__(self, frame: bytes, layout: Layout) -> NDArray[np.uint16]:
        """The stored values (rows, columns) of a frame.

        Raises:
            PixelError: the decoder fails, breaks down, or comes to no end.
        """
        if self._process is None:
            self._process = _start()
        patience_s = self._patience_s + _PATIENCE_S_A_PIXEL * layout.rows * layout.columns
        timer = Timer(patience_s, self._process.kill)
        timer.start()
        try:
            went_well, content = _ask(self._process, frame, layout)
        except (OSError, struct.error) as error:
            self._stop()
            raise PixelError(
                "its compressed pixels broke the decoder, or kept it busy for more than "
                f"{patience_s:.1f} s: they are damaged, export the series again"
            ) from error
        finally:
            timer.cancel()
        if not went_well:
            raise PixelError(content.decode())
        return np.frombuffer(content, np.uint16).reshape(layout.rows, layout.columns)

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _start() -> subprocess.Popen[bytes]:
    # -P: modules are not looked for in the current folder, which may hold anything.
    process = subprocess.Popen(  # noqa: S603 - this very Python, with words of our own
        [sys.executable, "-P", "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    # Starting may take longer than decoding, and is not what patience is for.
    if process.stdout is None or process.stdout.read(len(_READY)) != _READY:
        process.kill()
        process.communicate()
        raise PixelError(
            f"the decoder cannot be started: try `{sys.executable} -m {__name__}`, or export the "
            "series uncompressed"
        )
    return process


def _ask(process: subprocess.Popen[bytes], frame: bytes, layout: Layout) -> tuple[bool, bytes]:
    if process.stdin is None or process.stdout is None:
        raise OSError("no pipes to the decoder")
    described = json.dumps(asdict(layout)).encode()
    process.stdin.write(_REQUEST.pack(len(described), len(frame)) + described + frame)
    process.stdin.flush()
    went_well, length = _REPLY.unpack(process.stdout.read(_REPLY.size))
    content = process.stdout.read(length)
    if len(content) < length:
        raise OSError("the decoder broke off")
    return went_well, content


def main() -> None:
    """Answer requests from standard input until it ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What a library prints must not stand among the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    answers.write(_READY)
    answers.flush()
    while head := sys.stdin.buffer.read(_REQUEST.size):
        described, frame = map(sys.stdin.buffer.read, _REQUEST.unpack(head))
        try:
            went_well, content = True, decompress(frame, Layout(**json.loads(described))).tobytes()
        except PixelError as error:
            went_well, content = False, str(error).encode()
        answers.write(_REPLY.pack(went_well, len(content)) + content)
        answers.flush()


if __name__ == "__main__":
    main()
