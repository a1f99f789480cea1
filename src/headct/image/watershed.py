"""Marker-controlled watershed in three dimensions, on values as they are.

OpenCV's watershed is two-dimensional and sees 8 bits; SciPy's ``watershed_ift`` sees integers, and
in 1.17 left one voxel in 300 of random fields with a marker it does not belong to. A spanning
forest has neither limit. It stands in a module of its own for SciPy's 0.35 s of import.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from headct.image.regions import Region


def watershed(
    values: NDArray[np.floating], markers: NDArray[np.integer], within: Region
) -> NDArray[np.int32]:
    """Give every voxel of a region to the marker whose flood reaches it first.

    Water rises over ``values`` from every marker at once, through faces: a voxel belongs to the
    marker from which the lowest pass leads to it. For parts of an image up to a million voxels
    or so, at about two microseconds each.

    Args:
        values: (slices, rows, columns), low in the basins: a gradient, or the negative of HU to
            part bright regions.
        markers: (slices, rows, columns), 0 for none; several markers may share a number.
        within: (slices, rows, columns), the voxels to share out.

    Returns:
        (slices, rows, columns) numbers of markers; 0 outside ``within`` and where no marker leads.

    Source:
        Cousty et al. 2009, Watershed cuts: minimum spanning forests rooted in markers.
    """
    count = int(np.count_nonzero(within))
    nodes = np.full(within.shape, -1, dtype=np.intp)
    nodes[within] = np.arange(count)
    starts, ends, passes = _edges(np.asarray(values, dtype=np.float64), nodes)
    numbers = np.asarray(markers[within], dtype=np.int32)
    seeds = np.flatnonzero(numbers)
    # Edges are stored sparsely, where 0 means none: passes start from 1, and a root below them
    # joins all markers, so that the tree never joins two of them otherwise.
    lowest = float(passes.min()) if len(passes) else 0.0
    weights = np.concatenate([passes - lowest + 1.0, np.full(len(seeds), 0.5)])
    tails = np.concatenate([starts, np.full(len(seeds), count)])
    heads = np.concatenate([ends, seeds])
    tree = minimum_spanning_tree(
        csr_array((weights, (tails, heads)), shape=(count + 1, count + 1))
    ).tocoo()
    kept = tree.data >= 1.0
    forest = csr_array(
        (tree.data[kept], (tree.row[kept], tree.col[kept])), shape=(count + 1, count + 1)
    )
    trees, part = connected_components(forest, directed=False)
    number = np.zeros(trees, dtype=np.int32)
    number[part[seeds]] = numbers[seeds]
    shared = np.zeros(within.shape, dtype=np.int32)
    shared[within] = number[part[:count]]
    return shared


def _edges(
    values: NDArray[np.float64], nodes: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Pairs of nodes that share a face, and the height of the pass between them."""
    starts, ends, passes = [], [], []
    for axis in range(3):
        near = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        far = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        joined = (nodes[near] >= 0) & (nodes[far] >= 0)
        starts.append(nodes[near][joined])
        ends.append(nodes[far][joined])
        passes.append(np.maximum(values[near][joined], values[far][joined]))
    return np.concatenate(starts), np.concatenate(ends), np.concatenate(passes)
