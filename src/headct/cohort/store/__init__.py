"""A prepared cohort on disk: written by one, read at memory speed."""
