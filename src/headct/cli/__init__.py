"""The verbs in the shell, one file each: parse, call ``api``, print."""

from headct.cli.app import app, main

__all__ = ["app", "main"]
