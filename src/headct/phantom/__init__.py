"""A digital head: anatomy, lesions and scanner, with the truth of every voxel known."""
