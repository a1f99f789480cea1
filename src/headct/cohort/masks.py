"""A mask that lies slice by slice in pictures → the mask of the scan."""

import cv2
import numpy as np

from headct.core.case import Case
from headct.core.errors import PixelError, ScanError
from headct.core.volume import Mask, Volume

# Black and white, with grey seams where JPEG has blurred the edge: half way is where it was.
_HALF = 128


def read_mask_pictures(case: Case, volume: Volume) -> Mask:
    """The mask of a case's pictures on its opened scan; a slice without one has nothing drawn.

    Args:
        case: has ``mask_pictures``, and one mask name.
        volume: its scan, as ``open_case`` gives it.

    Raises:
        ScanError: a mask is of a slice that the scan has not, or cannot be read.
        PixelError: a mask has another matrix than its slice.
    """
    rows = {source.file: index for index, source in enumerate(volume.sources)}
    labels = np.zeros(volume.grid.shape, np.uint8)
    for name, path in case.mask_pictures.items():
        if name not in rows:
            raise ScanError(f"{path.name} is the mask of a slice that the scan has not")
        try:
            drawn = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
        except (OSError, cv2.error):
            drawn = None
        if drawn is None:
            raise ScanError(f"{path.name} cannot be read as a picture: copy it again")
        if drawn.shape != volume.grid.shape[1:]:
            raise PixelError(
                f"{path.name} is {drawn.shape}, its slice {volume.grid.shape[1:]}: give the mask "
                "that was drawn on it"
            )
        labels[rows[name]] = np.asarray(drawn) >= _HALF
    return Mask(labels, volume.grid, case.mask_names)
