"""`kill -9` at every point of a remediating run: afterwards an undo brings everything back, or another run fixes it.

Nothing else may come of it. A run patches a namespace, prompts a controller and deletes a pod; what it was before is
compared object by object.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import broken
from tests.broken import NAMESPACE
from tests.remediations.bench import LEASE, LEFT, Bench

pytestmark = pytest.mark.slow

POINTS = 13
"""How many there are; a run that has more or fewer fails the test, so that none is left out."""
RERUN_AT = (2, 4, 7, 10)
"""The points at which another run is tried instead: accepted, and then nothing."""
UNDO_AT = (4, 5, 7)
"""The points of an undo at which that is killed in its turn."""
SHORTENED = {"spec": {"leaseDurationSeconds": 1, "renewTime": "2026-01-01T00:00:00.000000Z"}}
"""What the rig makes of the Lease of a dead run, so that nobody waits for half a minute twenty times."""


class Killed(NamedTuple):
    """A run that died: its folder, and the points that it passed."""

    folder: Path
    passed: list[str]


def kill(bench: Bench, at: int, *arguments: str) -> Killed:
    """A run that dies at a point, or none where that is 0."""
    points = bench.plane.folder / "points.txt"
    points.unlink(missing_ok=True)
    done = bench.runs(*bench.both, *arguments, doubles=["killing"], KILL_AT=str(at), POINTS=str(points))
    assert done.code == (-9 if at else 0), done
    if at and bench.plane.api.exists(LEASE):
        bench.patch(LEASE, SHORTENED)
    return Killed(done.folder, points.read_text().splitlines())


def undo(bench: Bench, folder: Path) -> str:
    """Undo a run, if it has written anything down; says what became of each of its changes."""
    if not (folder / "changes.jsonl").exists():
        return "nothing was journaled"
    done = bench.runs(*bench.here, f"--undo={folder}")
    assert done.code == 0, done
    changes = [change for result in done.run["results"] for change in result["changes"]]
    assert {change["state"] for change in changes} <= {"taken-back", "kept", "unchanged"}, changes
    return ", ".join(sorted(f"{c['object'].partition('/')[0]} {c['state']}" for c in changes)) or "nothing to take back"


@pytest.fixture(scope="module")
def points() -> list[str]:
    """The points of a run that is left alone; the first test finds them."""
    return []


@pytest.fixture(scope="module")
def table(pytestconfig: pytest.Config) -> Iterator[list[str]]:
    """What came of each point, printed at the end."""
    lines: list[str] = []
    yield lines
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    assert capture is not None
    with capture.global_and_fixture_disabled():
        print("\nkilled at", *lines, sep="\n")  # noqa: T201  the table is asked for


def test_points_are_those_around_every_write(bench: Bench, points: list[str]) -> None:
    whole = kill(bench, 0, "--remediate")
    points += whole.passed
    assert len(points) == POINTS, "\n".join(points)
    assert undo(bench, whole.folder) == "DaemonSet taken-back, Namespace taken-back, Pod kept"
    assert bench.state() == bench.original


@pytest.mark.parametrize("at", range(1, POINTS + 1))
def test_killed_anywhere_it_can_be_undone(bench: Bench, points: list[str], table: list[str], at: int) -> None:
    killed = kill(bench, at, "--remediate")
    assert killed.passed == points[:at]
    left = "changed" if bench.state() != bench.original else "as it was"
    came = undo(bench, killed.folder)
    assert bench.state() == bench.original
    table.append(f"  {at:2} {killed.passed[-1]:<56} {left:<9}  --undo: {came}")


@pytest.mark.parametrize("at", RERUN_AT)
def test_killed_where_it_had_changed_something_another_run_ends_it(
    bench: Bench, points: list[str], table: list[str], at: int
) -> None:
    assert points[at - 1].endswith(": accepted")
    killed = kill(bench, at, "--remediate")
    again = bench.runs(*bench.both, "--remediate")
    outcomes = {r["scenario"]: r["outcome"] for r in again.run["results"]}
    assert again.code == 0, again
    assert set(outcomes.values()) <= {"fixed", "passed"}, "never a third state"
    assert broken.wait_ready(bench.plane, NAMESPACE, "speaker", 2)
    assert not bench.plane.api.exists(LEFT)
    table.append(f"  {at:2} {killed.passed[-1]:<56} changed    --remediate: {', '.join(outcomes.values())}")


@pytest.mark.parametrize("at", UNDO_AT)
def test_an_undo_that_is_killed_is_undone_to_the_end_by_another(bench: Bench, table: list[str], at: int) -> None:
    done = bench.runs(*bench.both, "--remediate")
    assert done.code == 0, done
    killed = kill(bench, at, f"--undo={done.folder}")
    came = undo(bench, done.folder)
    assert bench.state() == bench.original
    table.append(f"  {at:2} {'(an undo) ' + killed.passed[-1]:<56} changed    --undo: {came}")
