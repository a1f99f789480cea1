"""``headct schema``: the JSON Schema of findings.json."""

import json

from headct import api


def schema() -> None:
    """Print the JSON Schema of findings.json."""
    print(json.dumps(api.schema(), indent=2))
