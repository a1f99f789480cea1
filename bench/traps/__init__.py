"""Folders of DICOM that lead readers astray, and how they do: ``python -m bench.traps``."""
