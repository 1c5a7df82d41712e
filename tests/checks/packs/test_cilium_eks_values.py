"""Each case of tests/cases/packs/cilium_eks_values, by what the check says of it; and what it asks of a cluster."""

import json
from pathlib import Path

import pytest
import yaml

from checks.packs import check_cilium_eks_values as check
from checks.packs.check_cilium_eks_values import SCENARIO, detect
from domain.artifacts import ArtifactsRead
from domain.cilium.objects import SUBJECT
from domain.verdict import Outcome, Skip, Statement
from fixtures.facts import reads_of
from fixtures.facts.cilium import cilium
from tests.cases.load import Case, CaseReader, CaseStore, facts, hold, load, outcome_of, paths, verdict_of
from tests.helm import HELD

CASES = paths("packs/cilium_eks_values")
FIRST = ["get daemonsets cilium in kube-system", "get configmaps cilium-config in kube-system"]
EKS = ["get version version", "list nodes"]
OVERRIDES = "list ciliumnodeconfigs in kube-system"
BESIDE = [
    "get daemonsets aws-node in kube-system",
    "get daemonsets kube-proxy in kube-system",
    "list pods in kube-system (labelSelector=k8s-app=cilium)",
]
PATCH = (
    '{"data":{"enable-endpoint-routes":"true","auto-create-cilium-node-resource":"true","ec2-api-endpoint":"",'
    '"eni-tags":"{}","ipam":"eni","enable-ipv4-masquerade":"false","enable-ipv6-masquerade":"false",'
    '"kube-proxy-replacement":"true","kube-proxy-replacement-healthz-bind-address":"0.0.0.0:10256",'
    '"routing-mode":"native"}}'
)
SECRETS = "list secrets in kube-system (labelSelector=owner=helm,status=deployed&fieldSelector=type=helm.sh/release.v1)"


@pytest.mark.parametrize("path", CASES)
def test_a_case_comes_to_what_its_name_says(path: Path) -> None:
    case = load(path)
    verdict = verdict_of(case, detect)
    assert verdict.outcome is outcome_of(path), verdict
    assert verdict.skip is (Skip.NOT_APPLICABLE if verdict.outcome is Outcome.SKIPPED else None)
    hold(case, verdict)
    assert HELD not in repr(verdict)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("packs_forbidden.skipped", [*FIRST, "get version version"]),
        ("no_cilium.skipped", [*FIRST, "get version version", "get apigroup cluster.spectrocloud.com"]),
        (
            "on_its_way.failed",
            [
                *FIRST,
                "get version version",
                "get apigroup cluster.spectrocloud.com",
                "list packs in all namespaces",
                "list nodes",
            ],
        ),
        ("not_eks.skipped", [*FIRST, *EKS]),
        ("right.passed", [*FIRST, *EKS, "get apigroup cilium.io", *BESIDE]),
        ("override_wrong.failed", [*FIRST, *EKS, "get apigroup cilium.io", OVERRIDES, *BESIDE]),
        ("release_tells.failed", [*FIRST, *EKS, "get apigroup cilium.io", *BESIDE, SECRETS]),
    ],
)
def test_only_what_decides_is_asked(name: str, asked: list[str]) -> None:
    case = _case(name)
    reader = CaseReader(case)
    cilium.gather(CaseStore(case, reader))
    assert reader.asked == asked


def test_secrets_are_never_asked_for_without_the_option() -> None:
    for path in CASES:
        case = load(path.values[0])
        reader = CaseReader(case)
        cilium.gather(CaseStore(case, reader))
        assert any("secrets" in one for one in reader.asked) <= case.read_helm_secrets, path.id


def test_a_release_that_cannot_be_read_is_said_without_what_it_holds() -> None:
    case = _case("release_not_there.failed")
    odd = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {"name": "odd", "namespace": "kube-system", "labels": {"owner": "helm", "status": "deployed"}},
        "data": {"release": HELD},
    }
    reader = CaseReader(case)
    reader.objects = (*reader.objects, odd)
    found = cilium.gather(CaseStore(case, reader))
    (unread,) = found.release.unread
    assert unread.reason == "Secret/kube-system/odd: it holds no release that can be read (Error)"
    (undecided,) = list(detect(found, ArtifactsRead()))[0:1]
    assert "Secret/kube-system/odd" in str(undecided)
    assert HELD not in repr(found)


def test_every_value_is_in_the_evidence_with_its_source() -> None:
    (finding,) = verdict_of(_case("overlay.failed"), detect).findings
    values = finding.evidence["values"]
    assert len(values) == 10
    assert {one["state"] for one in values.values()} == {"right", "wrong", "not visible"}
    assert all(one["source"] and one["wanted because"] for one in values.values())
    assert finding.evidence["EKS by"][0] == "the server's version is v1.31.9-eks-5d4a308"


def test_by_hand_are_the_values_that_last_and_the_commands_for_the_cluster() -> None:
    (finding,) = verdict_of(_case("overlay.failed"), detect).findings
    assert finding.by_hand == (
        "# in Palette, in the profile's Cilium pack: the preset Replace Kube-Proxy With EBPF, and these values",
        "#   charts:",
        "#     cilium:",
        "#       endpointRoutes:",
        "#         enabled: true",
        "#       eni:",
        "#         enabled: true",
        "#       ipam:",
        '#         mode: "eni"',
        "#       enableIPv4Masquerade: false",
        "#       enableIPv6Masquerade: false",
        '#       kubeProxyReplacement: "true"',
        "#       kubeProxyReplacementHealthzBindAddr: 0.0.0.0:10256",
        "#       routingMode: native",
        "# for a new cluster, Enable static placement with the details of a VPC that is there already",
        "# at once, until Palette or Helm writes it again:",
        f"kubectl patch configmap cilium-config --namespace kube-system --type=merge --patch='{PATCH}'",
        "kubectl rollout restart daemonset/cilium --namespace kube-system",
        "kubectl rollout status daemonset/cilium --namespace kube-system",
    )


@pytest.mark.parametrize("path", CASES)
def test_what_is_typed_by_hand_leaves_no_value_to_find(path: Path) -> None:
    case = load(path)
    for finding in verdict_of(case, detect).findings:
        if finding.subject != SUBJECT:
            continue
        typed = next(line for line in finding.by_hand if line.startswith("kubectl patch configmap cilium-config "))
        patch = json.loads(typed.partition("--patch='")[2].removesuffix("'"))
        for one in case.objects:
            if one["kind"] == "ConfigMap" and one["metadata"]["name"] == "cilium-config":
                one["data"] = one["data"] | patch["data"]
        again = verdict_of(case, detect)
        assert SUBJECT not in [*(f.subject for f in again.findings), *(u.subject for u in again.undecided)], again


def test_the_values_typed_into_a_pack_that_is_on_its_way_leave_none_to_a_default_that_nobody_knows() -> None:
    case = _case("on_its_way.failed")
    pack = next(one for one in case.objects if one["metadata"]["name"] == "cni-cilium-oss")
    del pack["spec"]["tag"]
    (finding,) = verdict_of(case, detect).findings
    typed = "\n".join(line.removeprefix("#   ") for line in finding.by_hand if line.startswith("#   "))
    values = yaml.safe_load(typed)
    values["charts"]["cilium"]["eni"] = {"enabled": True}  # which was right
    pack["spec"]["values"] = yaml.safe_dump(values)
    again = verdict_of(case, detect)
    assert (again.outcome, again.undecided) == (Outcome.PASSED, ())


def test_the_check_says_what_detect_says_of_its_facts() -> None:
    case = _case("ipam_cluster_pool.failed")
    said: list[Statement] = []
    health = check.test_cilium_on_eks_has_the_values_that_it_needs_there
    health(**facts(case, health, verdict=said.extend))
    assert said == list(detect(**facts(case, detect)))
    assert said


def test_the_fact_declares_what_it_reads() -> None:
    declared = [(r.resource.plural, r.verbs, r.namespace, r.names, bool(r.why)) for r in reads_of(cilium)]
    assert declared == [
        ("daemonsets", ("get",), "kube-system", ("cilium",), False),
        ("configmaps", ("get",), "kube-system", ("cilium-config",), False),
        ("nodes", ("list",), None, (), False),
        ("ciliumnodeconfigs", ("list",), "kube-system", (), False),
        ("packs", ("list",), None, (), False),
        ("daemonsets", ("get",), "kube-system", ("aws-node", "kube-proxy"), True),
        ("pods", ("list",), "kube-system", (), True),
        ("secrets", ("list",), "kube-system", (), True),
    ]


def test_the_scenario_is_the_contracts() -> None:
    assert (SCENARIO.id, str(SCENARIO.severity)) == ("packs/cilium-eks-values", "high")
    assert SCENARIO.link.endswith(
        "/pack-issues/#scenario---aws-eks-cluster-deployment-fails-when-cilium-is-used-as-cni"
    )


def _case(name: str) -> Case:
    return next(load(p.values[0]) for p in CASES if p.id == name)
