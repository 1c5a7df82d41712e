"""`kill -9` at every point of a remediating run: afterwards an undo brings everything back, or another run fixes it.

Nothing else may come of it. Both scenarios are broken, so that a run patches a namespace, deletes two pods and prompts
a controller; what it was before is compared object by object.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import broken
from tests.broken import NAMESPACE
from tests.remediations.faults.packs import namespace_labels, upgrade_pod
from tests.remediations.faults.packs.namespace_labels import STUCK
from tests.remediations.runs import Runs
from tests.rigs.controlplane import ControlPlane
from tests.rigs.controlplane.readiness import until

POINTS = 20
"""How many there are; a run that has more or fewer fails the test, so that none is left out."""
RERUN_AT = (2, 4, 7, 12, 16)
"""The points at which another run is tried instead: accepted, and then nothing."""


LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/packcheck"
SHORTENED = {"spec": {"leaseDurationSeconds": 1, "renewTime": "2026-01-01T00:00:00.000000Z"}}
"""What the rig makes of the Lease of a dead run, so that nobody waits for half a minute twenty times."""
RANDOM = re.compile(r"stuck-\w+-\w+")


class Bench:
    """A broken cluster that can be broken again as it was."""

    def __init__(self, plane: ControlPlane, runs: Runs, folder: Path) -> None:
        self.plane, self.runs, self._folder = plane, runs, folder
        self.here = [f"--kubeconfig={plane.kubeconfig}", "--settle=0", "--wait-lock=20"]
        namespace_labels.plant(plane, "label-namespace")
        upgrade_pod.plant(plane, "delete-upgrade-pod")
        self.original = self.state()

    def state(self) -> dict[str, Any]:
        """What a run touches and an undo brings back: labels and annotations; deleted pods stay deleted."""
        namespace = self.plane.api.get(f"/api/v1/namespaces/{NAMESPACE}")
        speaker = self.plane.api.get(f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets/speaker")
        return {
            "labels": namespace["metadata"]["labels"],
            "annotations": speaker["metadata"].get("annotations", {}),
            "uids": (namespace["metadata"]["uid"], speaker["metadata"]["uid"]),
        }

    def break_again(self) -> None:
        """Take away what the runs' deletions made room for, so that the next run finds what the first found.

        And the Lease of one that died before it wrote anything: the others are taken over by what undoes them.
        """
        self.plane.kubectl("delete", "lease", "packcheck", "--ignore-not-found")
        self.plane.kubectl("delete", "pods", "--all", f"--namespace={NAMESPACE}", "--wait=false", "--grace-period=0")
        if not self.plane.api.exists("/api/v1/namespaces/default/pods/upgrade-pod"):
            upgrade_pod.leave(self.plane)
        until(lambda: not broken.pods(self.plane, NAMESPACE, "speaker"), "the DaemonSet has no pods")
        until(self._missing, "the DaemonSet knows that it lacks one")
        namespace_labels.stick(self.plane)

    def _missing(self) -> bool:
        status = self.plane.api.get(f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets/speaker")["status"]
        return bool(status["desiredNumberScheduled"] > status["currentNumberScheduled"])

    def killed(self, at: int) -> tuple[Path, list[str]]:
        """A remediating run that dies at a point: its folder, and the points that it passed."""
        points = self._folder / f"points{at}-{os.urandom(2).hex()}.txt"
        done = self.runs(*self.here, "--remediate", doubles=["killing"], KILL_AT=str(at), POINTS=str(points))
        assert done.code == (-9 if at else 0), done
        if at and self.plane.api.exists(LEASE):
            self.plane.kubectl("patch", "lease", "packcheck", "--type=merge", f"--patch={json.dumps(SHORTENED)}")
        return done.folder, [RANDOM.sub(STUCK, line) for line in points.read_text().splitlines()]

    def undone(self, folder: Path) -> str:
        """Undo a run, if it has written anything down; how the pods of it are told."""
        if not (folder / "changes.jsonl").exists():
            return "nothing was journaled"
        done = self.runs(*self.here, f"--undo={folder}")
        assert done.code == 0, done
        changes = [change for result in done.run["results"] for change in result["changes"]]
        assert {change["state"] for change in changes} <= {"taken-back", "kept", "unchanged"}, changes
        return ", ".join(sorted(f"{c['object'].partition('/')[0]} {c['state']}" for c in changes)) or "nothing was sent"


@pytest.fixture(scope="module")
def bench(controlplane: ControlPlane, runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    controlplane.reset()
    yield Bench(controlplane, runs, tmp_path_factory.mktemp("points"))
    controlplane.reset()


@pytest.fixture(scope="module")
def points(bench: Bench) -> list[str]:
    """The points of a run that is left alone, which is then undone."""
    folder, points = bench.killed(0)
    assert bench.undone(folder) == "DaemonSet taken-back, Namespace taken-back, Pod kept, Pod kept"
    assert bench.state() == bench.original
    return points


def test_points_are_those_around_every_write(points: list[str]) -> None:
    assert len(points) == POINTS, "\n".join(points)


@pytest.fixture(scope="module")
def table(pytestconfig: pytest.Config) -> Iterator[list[str]]:
    """What came of each point, printed at the end."""
    lines: list[str] = []
    yield lines
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    assert capture is not None
    with capture.global_and_fixture_disabled():
        print("\nkilled at", *lines, sep="\n")


@pytest.mark.parametrize("at", range(1, POINTS + 1))
def test_killed_anywhere_it_can_be_undone(bench: Bench, points: list[str], table: list[str], at: int) -> None:
    bench.break_again()
    folder, passed = bench.killed(at)
    assert passed == points[:at]
    left = "changed" if bench.state() != bench.original else "as it was"
    came = bench.undone(folder)
    assert bench.state() == bench.original
    table.append(f"  {at:2} {passed[-1]:<55} {left:<9} --undo: {came}")


@pytest.mark.parametrize("at", RERUN_AT)
def test_killed_where_it_had_changed_something_another_run_ends_it(
    bench: Bench, points: list[str], table: list[str], at: int
) -> None:
    assert points[at - 1].endswith(": accepted")
    bench.break_again()
    folder, passed = bench.killed(at)
    again = bench.runs(*bench.here, "--remediate")
    outcomes = {r["scenario"]: r["outcome"] for r in again.run["results"]}
    assert again.code == 0, again
    assert set(outcomes.values()) <= {"fixed", "passed"}, "never a third state"
    assert broken.wait_ready(bench.plane, NAMESPACE, "speaker", 2)
    assert not bench.plane.api.exists("/api/v1/namespaces/default/pods/upgrade-pod")
    bench.undone(again.folder)
    bench.undone(folder)
    assert bench.state() == bench.original
    table.append(f"  {at:2} {passed[-1]:<55} changed   --remediate: {outcomes}")
