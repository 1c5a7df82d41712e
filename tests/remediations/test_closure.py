"""Every remedy closes the circle on a real control plane: broken, remedied, quiet, undone, broken again.

A remedy joins by being there. It needs tests/remediations/faults/<page>/<fault>.py with `plant(plane, remedy)`, which
breaks a fresh cluster so that the remedy is asked for; one without it fails here.
"""

import importlib
from typing import Any

import pytest

from domain.plan import DeleteObject, EvictPod
from domain.remedy import Remedy
from domain.run import TargetKind
from remediations import remedies
from remediations.journal import Intent, read
from tests.commands import ROOT, Done
from tests.remediations.runs import Runs
from tests.rigs.controlplane import ControlPlane

CHECKS = remedies.HERE.parent / "checks"
READS = {"get", "list", "watch"}
ON_HOSTS = {
    "calico_ipv6_kernel-update-kernel",
    "calico_ipv6_kernel-disable-ipv6-sysctl",
    "ipv6_off_unpaired-disable-calico-ipv6",
}
"""Those whose fault is on hosts as well: tests/joined/ closes their circle, on hosts that are the cluster's nodes."""


def every_remedy() -> list[Any]:
    """Each remedy that acts on clusters, with its scenario's page and stem."""
    found = []
    for path in sorted(remedies.HERE.glob("*/*.py")):
        if path.stem != "__init__":
            of = remedies.of_check(CHECKS / path.parent.name / f"check_{path.stem}.py")
            found += [
                pytest.param(path.parent.name, path.stem, remedy, id=f"{path.stem}-{remedy.id}")
                for remedy in of
                if TargetKind.CLUSTER in remedy.acts_on and f"{path.stem}-{remedy.id}" not in ON_HOSTS
            ]
    return found


def test_there_are_remedies_to_close() -> None:
    assert len(every_remedy()) >= 2


@pytest.mark.parametrize(("page", "stem", "remedy"), every_remedy())
def test_remedy_closes_the_circle(
    fresh_controlplane: ControlPlane, runs: Runs, page: str, stem: str, remedy: Remedy
) -> None:
    plane = fresh_controlplane
    module = f"tests.remediations.faults.{page}.{stem}"
    assert (ROOT / f"{module.replace('.', '/')}.py").exists(), f"nothing plants the fault that {remedy.id} remedies"
    importlib.import_module(module).plant(plane, remedy.id)
    scenario = f"{page}/{stem.replace('_', '-')}"
    here = [f"--kubeconfig={plane.kubeconfig}", f"--scenario={scenario}"]
    ask = [*here, "--remediate", f"--remedy={scenario}={remedy.id}", "--settle=0", "--allow=delete-unmanaged-pods"]

    broken = runs(*here)
    assert (broken.code, outcome(broken)) == (1, "failed"), broken
    remedied = runs(*ask)
    assert (remedied.code, outcome(remedied)) == (0, "fixed"), remedied
    assert remedied.run["writes"] >= 3, "a Lease is taken and let go of, and something is changed"

    mark = plane.audit_mark()
    again = runs(*ask)
    assert again.code == 0, again
    assert outcome(again) in ("passed", "skipped")
    assert again.run["writes"] == 0
    sent = plane.audit(mark, user="admin")
    assert sent, "the audit log is empty"
    assert {event.verb for event in sent} <= READS, [e.request_uri for e in sent if e.verb not in READS]

    changes = [line.change for line in read(remedied.folder / "changes.jsonl") if isinstance(line, Intent)]
    irreversible = [change for change in changes if isinstance(change, DeleteObject | EvictPod)]
    undone = runs(*here, f"--undo={remedied.folder}")
    assert undone.code == 0, undone
    told = {(c["object"], c["state"]): c["message"] for c in undone.run["results"][0]["changes"]}
    for change in irreversible:
        assert told[(str(change.ref), "kept")] == f"irreversible: {change.irreversible}"
    if len(irreversible) < len(changes):
        assert outcome(undone) == "failed", undone
        assert {state for _, state in told} <= {"taken-back", "kept"}
    else:
        assert undone.run["writes"] == 0
    assert not plane.api.exists("/apis/coordination.k8s.io/v1/namespaces/default/leases/packcheck")

    mark = plane.audit_mark()
    twice = runs(*here, f"--undo={remedied.folder}")
    assert (twice.code, twice.run["writes"]) == (0, 0), twice
    assert {event.verb for event in plane.audit(mark, user="admin")} <= READS


def outcome(done: Done) -> str:
    (result,) = done.run["results"]
    return str(result["outcome"])
