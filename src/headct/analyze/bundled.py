"""A bundle as what answers a study: in this process, or opened again in others."""

from dataclasses import dataclass
from pathlib import Path

from headct.analyze.study import Trained
from headct.core.errors import BundleError
from headct.predict.bundle.bundle import Bundle, open_bundle
from headct.predict.bundle.network import Backend
from headct.predict.infer import Runner


@dataclass(frozen=True)
class BundleFile:
    """A bundle that each process opens for itself.

    Args:
        path: of the file.
        sha256: of what it held when it was first opened.
        backend: what runs it.
    """

    path: Path
    sha256: str
    backend: Backend

    def open(self, threads: int) -> Trained:
        """The bundle, on so many threads.

        Raises:
            BundleError: something does not fit, or it is not the same file any more.
        """
        opened = open_bundle(self.path, backend=self.backend, threads=threads)
        if opened.sha256 != self.sha256:
            raise BundleError(
                f"{self.path.name} was changed while studies were answered: they would not "
                "compare; take another --out for the new one"
            )
        return trained_by(opened)


def trained_by(bundle: Bundle) -> Trained:
    """A bundle as what is asked about a study."""
    backend = f"{bundle.backend.name} {bundle.backend.version}"
    return Trained(Runner(bundle), bundle.sha256, backend)
