"""A real Ray cluster of two nodes on this machine, one of which is killed half-way."""

import math
import os
import subprocess
import sys
import time
from contextlib import closing

import pytest

from headct.core.errors import HeadctError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Ray's clusters of several nodes")
ray = pytest.importorskip("ray", reason="a cluster needs Ray: pip install 'headct[cluster]'")
cluster_utils = pytest.importorskip("ray.cluster_utils")
Cluster = pytest.importorskip("headct.batch.ray_cluster").Cluster

NODE = {"num_cpus": 1, "object_store_memory": 100 << 20, "include_dashboard": False}


@pytest.fixture(scope="module")
def cluster():
    """One node; tests may add others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        made = cluster_utils.Cluster(initialize_head=True, head_node_args=NODE)
        yield made
        made.shutdown()


def test_results_come_in_the_order_of_the_items(cluster):
    items = [float(item) for item in range(40)]

    with closing(Cluster(cluster.address)(math.sqrt, items)) as results:
        assert list(results) == [math.sqrt(item) for item in items]


def test_what_the_function_raises_reaches_the_caller_as_it_was(cluster):
    def refuse(item):
        raise HeadctError(f"item {item} is wrong")

    with pytest.raises(HeadctError) as raised:
        list(Cluster(cluster.address)(refuse, [1, 2]))

    assert str(raised.value) == "item 1 is wrong"
    assert not ray.is_initialized()


@pytest.mark.slow  # it takes ten seconds until a node that is gone is known to be gone
def test_a_node_that_is_killed_half_way_loses_nothing_and_nothing_comes_twice(cluster):
    doomed = cluster.add_node(**NODE)

    def slowly(item):
        time.sleep(0.05)
        return item, ray.get_runtime_context().get_node_id()

    given = []
    with closing(Cluster(cluster.address)(slowly, range(60))) as results:
        for result in results:
            given.append(result)
            if len(given) == 15:
                cluster.remove_node(doomed, allow_graceful=False)

    assert [item for item, _ in given] == list(range(60))
    # The one that was killed had its part in it.
    assert {node for _, node in given} == {doomed.node_id, cluster.head_node.node_id}


def test_an_address_without_a_cluster_is_told_at_once():
    before = time.monotonic()
    with pytest.raises(HeadctError, match=r"no Ray cluster at 127\.0\.0\.1:1 can be joined"):
        list(Cluster("127.0.0.1:1")(math.sqrt, [1.0]))

    assert time.monotonic() - before < 10


def test_without_ray_the_extra_is_named():
    code = (
        "import sys; sys.modules['ray'] = None\n"
        "from headct.core.errors import HeadctError\n"
        "try:\n    import headct.batch.ray_cluster\n"
        "except HeadctError as error: print(error)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip().endswith("pip install 'headct[cluster]'")
