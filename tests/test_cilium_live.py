"""Cilium's ten values on a real control plane: by minor version, each wrong in turn, on EKS and elsewhere, and cured."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from checks.packs.check_cilium_eks_values import detect
from domain.artifacts import ArtifactsRead
from domain.run import TargetKind
from domain.verdict import Outcome, Skip, Verdict, decide
from fixtures.facts.cilium import cilium as cilium_fact
from fixtures.live import Access, open_reader
from fixtures.reading import Reader
from fixtures.store import Store
from tests import cilium, helm
from tests.commands import Done, packcheck
from tests.domain.test_cilium_judging import RIGHT, WRONG, but
from tests.rigs.controlplane import ControlPlane
from tests.rigs.controlplane.readiness import until

pytestmark = pytest.mark.slow

MINORS = ("1.14.19", "1.15.17", "1.16.10", "1.17.4", "1.18.0")
SCENARIO = "packs/cilium-eks-values"
ONLY = f"--scenario={SCENARIO}"
HEALTH = "kube-proxy-replacement-healthz-bind-address"
NODES = ("ip-1", "ip-2")

Check = Callable[..., Done]


@pytest.fixture(scope="module")
def plane(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    controlplane.reset()
    cilium.install(controlplane, RIGHT, *NODES)
    yield controlplane
    controlplane.reset()


@pytest.fixture(scope="module")
def reader(plane: ControlPlane) -> Iterator[Reader]:
    """One connection for all of them: what is asked of it is what a run asks."""
    opened = open_reader(Access((plane.kubeconfig,), "rig", connect_timeout_s=5.0, read_timeout_s=30.0))
    yield opened
    opened.close()


@pytest.fixture
def check(plane: ControlPlane, tmp_path: Path) -> Check:
    def run(*arguments: str) -> Done:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        return packcheck(folder, f"--kubeconfig={plane.kubeconfig}", ONLY, *arguments, secrets=[helm.HELD])

    return run


def judged(reader: Reader) -> Verdict:
    return decide(detect(cilium_fact.gather(Store(lambda: reader)), ArtifactsRead()))


def wrong_in(verdict: Verdict) -> list[str]:
    return [
        name.removeprefix("charts.cilium.")
        for finding in verdict.findings
        for name, said in finding.evidence["values"].items()
        if said["state"] == "wrong"
    ]


@pytest.mark.parametrize("version", MINORS)
def test_each_value_wrong_in_turn_is_found_alone_in_every_minor_version(
    plane: ControlPlane, reader: Reader, version: str
) -> None:
    cilium.set_version(plane, version)
    cilium.set_values(plane, RIGHT)
    assert judged(reader).outcome is Outcome.PASSED
    for value, changes in WRONG.items():
        late = value == "kubeProxyReplacement" and version >= "1.17"
        cilium.set_values(plane, but({**changes, HEALTH: None} if late else changes))
        verdict = judged(reader)
        assert (verdict.outcome, wrong_in(verdict)) == (Outcome.FAILED, [value])
        assert verdict.findings[0].evidence["cilium"] == version
        assert [u.would_help for u in verdict.undecided] == [
            "--read-helm-secrets: the Helm release has the value"
        ] * late


def test_spellings_count_by_the_version_that_runs(plane: ControlPlane, reader: Reader) -> None:
    strict = {"kube-proxy-replacement": "strict"}
    tunnel = {"routing-mode": None, "tunnel": "disabled"}
    for version, changes, wrong in (
        ("1.15.17", strict, []),
        ("1.16.10", strict, ["kubeProxyReplacement"]),
        ("1.14.19", tunnel, []),
        ("1.15.17", tunnel, ["routingMode"]),
    ):
        cilium.set_version(plane, version)
        cilium.set_values(plane, but(changes))
        assert wrong_in(judged(reader)) == wrong, (version, changes)


def test_some_nodes_read_other_values(plane: ControlPlane, reader: Reader) -> None:
    cilium.set_version(plane, "1.18.0")
    cilium.set_values(plane, RIGHT)
    cilium.serve_node_configs(plane)
    cilium.override(plane, "canary", {"ipam": "cluster-pool"}, {"kubernetes.io/hostname": "ip-2"})

    def found() -> Verdict | None:
        verdict = judged(reader)
        return verdict if verdict.findings else None

    (finding,) = until(found, "the override is read").findings
    assert finding.subject == "CiliumNodeConfig/kube-system/canary"
    assert finding.evidence["nodes"] == ["ip-2"]
    plane.kubectl("delete", "ciliumnodeconfigs", "canary", "--namespace=kube-system")
    assert judged(reader).outcome is Outcome.PASSED


def test_the_release_is_read_where_it_is_asked_for_and_told_of_nothing_else(plane: ControlPlane, check: Check) -> None:
    cilium.set_version(plane, "1.18.0")
    cilium.set_values(plane, but({"kube-proxy-replacement": "false", HEALTH: None}))
    values = {"eni": {"enabled": True}, "ipam": {"mode": "eni"}, "routingMode": "native", "enableIPv6Masquerade": False}
    plane.api.post("/api/v1/namespaces/kube-system/secrets", helm.secret(values, version="1.18.0"))
    mark = plane.audit_mark()
    without = check().result("rig", SCENARIO)
    assert not any(event.object_ref.resource == "secrets" for event in plane.audit(mark, "admin") if event.object_ref)
    assert [one["would_help"] for one in without["undecided"]] == [
        "--read-helm-secrets: the Helm release has the value"
    ]
    told = check("--read-helm-secrets").result("rig", SCENARIO)
    assert told["undecided"] == []
    (finding,) = told["findings"]
    assert "sh.helm.release.v1.cilium-cilium.v1, wanted 0.0.0.0:10256" in finding["message"]
    plane.kubectl("delete", "secret", "sh.helm.release.v1.cilium-cilium.v1", "--namespace=kube-system")


def test_it_is_remedied_with_its_agents_restarted_and_taken_back_with_them(plane: ControlPlane, check: Check) -> None:
    cilium.set_version(plane, "1.17.4")
    cilium.set_values(plane, cilium.OVERLAY)
    cilium.settled(plane)
    before = cilium.uids(plane)
    remedied = check("--remediate", "--settle=0")
    assert remedied.code == 0, remedied
    (finding,) = remedied.findings("rig", SCENARIO).values()
    assert len([one for one in finding["evidence"]["values"].values() if one["state"] == "wrong"]) == 7
    data = plane.api.get(cilium.VALUES)["data"]
    assert {key: data[key] for key in RIGHT if key not in ("enable-bpf-masquerade", "enable-ipv6")} == {
        key: value for key, value in RIGHT.items() if key not in ("enable-bpf-masquerade", "enable-ipv6")
    }
    restarted = cilium.uids(plane)
    assert not before & restarted
    changes = remedied.result("rig", SCENARIO)["changes"]
    assert [(c["action"], c["state"]) for c in changes] == [
        ("patch", "applied"),
        ("patch", "applied"),
        ("patch", "applied"),
        ("wait", "applied"),
    ]
    notes = [note["message"] for note in remedied.result("rig", SCENARIO)["notes"]]
    assert any("of 2 agents are ready" in note for note in notes)
    assert any("writes cilium-config again from the pack's values" in note for note in notes)

    undone = check(f"--undo={remedied.folder}")
    assert undone.code == 0, undone
    assert plane.api.get(cilium.VALUES)["data"] == cilium.OVERLAY
    cilium.settled(plane)
    assert not restarted & cilium.uids(plane)
    template = plane.api.get(cilium.AGENTS)["spec"]["template"]["metadata"]
    assert "packcheck.dev/cilium-config" not in json.dumps(template)


def test_elsewhere_than_on_eks_it_is_not_applicable(controlplane: ControlPlane, tmp_path: Path) -> None:
    controlplane.reset()
    cilium.install(controlplane, cilium.OVERLAY, "kind-1", eks=False)
    done = packcheck(tmp_path / "run", f"--kubeconfig={controlplane.kubeconfig}", ONLY)
    assert done.code == 0, done
    result: dict[str, Any] = done.result("rig", SCENARIO)
    assert (result["outcome"], result["skip"]) == ("skipped", str(Skip.NOT_APPLICABLE))
    assert "this is not EKS: none of two signals" in result["reason"]
    assert done.target("rig")["kind"] == TargetKind.CLUSTER
    controlplane.reset()
