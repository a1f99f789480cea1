"""A cohort prepared on a real Ray cluster of two nodes, one of which is killed half-way."""

from dataclasses import replace

import numpy as np
import pytest

from headct.cohort.preparing.prepare import prepare
from headct.core.case import Case, Cohort
from headct.dicom.write import Header, write
from headct.image.pipelines import PIPELINES

pytestmark = pytest.mark.slow  # starting and losing nodes takes longer than the work
ray = pytest.importorskip("ray", reason="a cluster needs Ray: pip install 'headct[cluster]'")
cluster_utils = pytest.importorskip("ray.cluster_utils")
Cluster = pytest.importorskip("headct.batch.ray_cluster").Cluster

NODE = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}
STUDIES = 24


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    made = cluster_utils.Cluster(initialize_head=True, head_node_args=NODE)
    yield made
    made.shutdown()


def test_a_node_that_dies_half_way_changes_no_byte(cluster, ball_head, tmp_path):
    volume = ball_head.scan()
    cases = []
    for number in range(STUDIES):
        brighter = replace(volume, hu=volume.hu + np.float32(number))
        write(brighter, tmp_path / f"{number}", Header(patient_id=f"{number}"))
        cases.append(Case(f"{number}", "s", tmp_path / f"{number}"))
    cohort = Cohort("balls", tuple(cases))
    doomed = cluster.add_node(**NODE)
    told = []

    def progress(done, total):
        told.append((done, total))
        if done == STUDIES // 3:
            cluster.remove_node(doomed, allow_graceful=False)

    prepare(cohort, PIPELINES["A"], tmp_path / "one")
    outcome = prepare(
        cohort,
        PIPELINES["A"],
        tmp_path / "many",
        where=Cluster(cluster.address),
        progress=progress,
    )

    assert (outcome.made, outcome.refused) == (STUDIES, ())
    assert told == [(done, STUDIES) for done in range(1, STUDIES + 1)]
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "many" / file.name).read_bytes()
