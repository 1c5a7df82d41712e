"""What the tests of the engine share: runs as processes, and the control plane with its faults."""

from collections.abc import Iterator

import pytest

from tests.remediations.runs import Runs, runs_below


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Runs of packcheck."""
    with runs_below(tmp_path_factory.mktemp("runs")) as runs:
        yield runs
