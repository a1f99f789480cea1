"""Volumes from and to files that are not DICOM: NIfTI, and folders of pictures."""
