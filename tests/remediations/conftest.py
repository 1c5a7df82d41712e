"""What the tests of the engine share: runs as processes, and a cluster that is broken."""

from collections.abc import Iterator

import pytest

from tests.remediations.bench import Bench
from tests.remediations.runs import Runs, runs_below
from tests.rigs.controlplane import ControlPlane

BENCH = pytest.StashKey[Bench]()


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Runs of packcheck."""
    with runs_below(tmp_path_factory.mktemp("runs")) as runs:
        yield runs


@pytest.fixture
def bench(pytestconfig: pytest.Config, controlplane: ControlPlane, runs: Runs) -> Bench:
    """The broken cluster; broken anew only where another test has reset it."""
    bench = pytestconfig.stash.get(BENCH, None)
    if bench is None or not bench.is_there():
        bench = pytestconfig.stash[BENCH] = Bench(controlplane, runs)
    bench.break_again()
    return bench
