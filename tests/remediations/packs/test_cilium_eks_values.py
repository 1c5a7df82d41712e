"""What patch-cilium-config would do about each case: keys of cilium-config between two stamps, or a reason why not."""

from typing import Any

import msgspec
import pytest

from checks.packs.check_cilium_eks_values import detect
from domain.conflicts import merge
from domain.plan import Edit, PatchObject, Plan, Ref, Refusal, Rollback, Until, WaitFor
from domain.remedy import Ask
from domain.resources import CONFIG_MAPS, DAEMON_SETS
from domain.verdict import Finding, Grade, Outcome
from fixtures.facts import reads_of
from fixtures.facts.cilium import cilium_operator
from remediations.kinds import kind_of, opposite
from remediations.packs.cilium_eks_values import DURABLE, NEW_ADDRESSES, REMEDIES, afterwards, patch_cilium_config
from remediations.patching import Moved, operations
from tests.cases.load import Case, Unanswered, facts, load, outcome_of, paths, planned, verdict_of

CASES = {p.id: p.values[0] for p in paths("packs/cilium_eks_values")}
FAILED = [n for n, path in CASES.items() if outcome_of(path) is Outcome.FAILED and not n.startswith("files_")]
REFUSED = {
    "override_wrong.failed": "it is for some nodes alone, and somebody meant them to differ: change it by hand",
    "generic_operator.failed": "the operator that runs is quay.io/cilium/operator-generic:v1.17.4, which allocates none "
    "of AWS' addresses; which one runs is decided by the chart: set charts.cilium.eni.enabled and charts.cilium.ipam.mode",
    "on_delete.failed": "is OnDelete: a change restarts no agent; kubectl patch configmap cilium-config",
    "on_its_way.failed": "there is no cilium-config yet: set the values in the pack, in the cluster profile",
    "agent_forbidden.failed": "whom to restart was not read: ",
}
CONFIG = Ref(CONFIG_MAPS, "kube-system", "cilium-config", "cm-1")
AGENT = Ref(DAEMON_SETS, "kube-system", "cilium", "ds-1")
AFTER = "/spec/template/metadata/annotations/packcheck.dev~1cilium-config"
BEFORE = f"{AFTER}-before"


def case_of(name: str) -> Case:
    return load(CASES[name])


def plan_of(case: Case) -> Plan:
    (plan,) = planned(case, detect, patch_cilium_config)
    assert isinstance(plan, Plan), plan
    return plan


def edits_of(case: Case) -> dict[str, tuple[str | None, str | None]]:
    """What becomes of which key."""
    (patch,) = [c for c in plan_of(case).changes if isinstance(c, PatchObject) and c.ref == CONFIG]
    return {edit.path.removeprefix("/data/"): (edit.before, edit.after) for edit in patch.edits}


@pytest.mark.parametrize("name", sorted(set(FAILED) - set(REFUSED) - {"config_before_agent.failed"}))
def test_every_other_finding_is_remedied_by_keys_between_two_stamps(name: str) -> None:
    plan = plan_of(case_of(name))
    first, patch, last, wait = plan.changes
    assert [c.ref for c in plan.changes] == [AGENT, CONFIG, AGENT, AGENT]
    assert isinstance(first, PatchObject)
    assert isinstance(patch, PatchObject)
    assert isinstance(last, PatchObject)
    assert isinstance(wait, WaitFor)
    assert [(e.path, e.before) for e in first.edits] == [(BEFORE, None)]
    assert [(e.path, e.before) for e in last.edits] == [(AFTER, None)]
    assert all(edit.before != edit.after for one in (first, patch, last) for edit in one.edits)
    assert {(c.rollback, c.risk) for c in (first, patch, last)} == {(Rollback.TAKE_BACK, "")}
    assert wait.until is Until.ROLLED_OUT
    assert plan.remarks[0].startswith(DURABLE)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused_says_why(name: str) -> None:
    (refused,) = planned(case_of(name), detect, patch_cilium_config)
    assert isinstance(refused, Refusal)
    assert REFUSED[name] in refused.reason


def test_an_operator_that_could_not_be_read_matters_for_what_it_allocates_alone() -> None:
    hidden = Unanswered(verb="get", resource="deployments", namespace="kube-system", name="cilium-operator")
    (refused,) = planned(_with(case_of("generic_operator.failed"), hidden), detect, patch_cilium_config)
    assert isinstance(refused, Refusal)
    assert "charts.cilium.ipam.mode: which operator runs was not read: " in refused.reason
    assert edits_of(_with(case_of("strict_1_16.failed"), hidden)) == {"kube-proxy-replacement": ("strict", "true")}


@pytest.mark.parametrize(
    "image", ["quay.io/cilium/operator-aws:v1.17.4", "quay.io/cilium/operator:v1.17.4", "x@sha256:1"]
)
def test_an_operator_of_aws_or_of_every_cloud_allocates(image: str) -> None:
    case = case_of("generic_operator.failed")
    objects = [_image(one, image) if one["kind"] == "Deployment" else one for one in case.objects]
    assert edits_of(msgspec.structs.replace(case, objects=tuple(objects))) == {
        "auto-create-cilium-node-resource": (None, "true"),
        "ec2-api-endpoint": (None, ""),
        "eni-tags": (None, "{}"),
        "ipam": ("cluster-pool", "eni"),
    }


def test_only_what_is_wrong_is_changed() -> None:
    assert edits_of(case_of("ipam_cluster_pool.failed")) == {"ipam": ("cluster-pool", "eni")}
    assert edits_of(case_of("tunnel_1_15.failed")) == {"routing-mode": (None, "native"), "tunnel": ("disabled", None)}


def test_what_comes_with_a_replacement_is_set_with_it() -> None:
    edits = edits_of(case_of("overlay.failed"))
    assert edits["kube-proxy-replacement"] == ("false", "true")
    assert edits["kube-proxy-replacement-healthz-bind-address"] == (None, "0.0.0.0:10256")
    assert len(edits) == 10


def test_once_made_the_check_finds_all_ten_right() -> None:
    case = case_of("overlay.failed")
    edits = edits_of(case)
    (config,) = [one for one in case.objects if one["kind"] == "ConfigMap"]
    data = config["data"] | {key: after for key, (_, after) in edits.items()}
    objects = tuple({**one, "data": data} if one is config else one for one in case.objects)
    assert verdict_of(msgspec.structs.replace(case, objects=objects), detect).outcome is Outcome.PASSED


def test_without_agents_the_keys_alone_are_set() -> None:
    plan = plan_of(case_of("config_before_agent.failed"))
    assert [c.ref for c in plan.changes] == [CONFIG]
    assert plan.remarks[-1].startswith("there is no DaemonSet cilium yet")


def test_the_requests_test_what_they_change() -> None:
    case = case_of("tunnel_1_15.failed")
    first, patch, last, _ = plan_of(case).changes
    config, agent = (_object(case, kind) for kind in ("ConfigMap", "DaemonSet"))
    assert isinstance(patch, PatchObject)
    assert operations(patch.edits, config, "cm-1") == [
        {"op": "test", "path": "/metadata/uid", "value": "cm-1"},
        {"op": "test", "path": "/data/routing-mode", "value": None},
        {"op": "test", "path": "/data/tunnel", "value": "disabled"},
        {"op": "add", "path": "/data/routing-mode", "value": "native"},
        {"op": "remove", "path": "/data/tunnel"},
    ]
    assert isinstance(first, PatchObject)
    assert [op["path"] for op in operations(first.edits, agent, "ds-1")][-1] == BEFORE
    kind_of(last).check(last, agent, [first])
    config["data"]["tunnel"] = "geneve"
    with pytest.raises(Moved):
        operations(patch.edits, config, "cm-1")


def test_taking_back_ends_with_a_restart_once_the_keys_are_as_they_were() -> None:
    case = case_of("ipam_cluster_pool.failed")
    writes = [c for c in plan_of(case).changes if isinstance(c, PatchObject)]
    back = [opposite(change) for change in reversed(writes)]
    assert [change.ref for change in back] == [AGENT, CONFIG, AGENT]
    assert isinstance(back[1], PatchObject)
    assert back[1].edits == (Edit("/data/ipam", "eni", "cluster-pool"),)
    assert isinstance(back[2], PatchObject)
    assert [(edit.path, edit.after) for edit in back[2].edits] == [(BEFORE, None)]


def test_a_stamp_is_never_the_same_again() -> None:
    case = case_of("ipam_cluster_pool.failed")
    stamps = set()
    for generation in (1, 2):
        objects = [_generation(one, generation) if one["kind"] == "DaemonSet" else one for one in case.objects]
        changes = plan_of(msgspec.structs.replace(case, objects=tuple(objects))).changes
        stamps |= {c.edits[0].after for c in changes if isinstance(c, PatchObject) and c.ref == AGENT}
    assert len(stamps) == 4


def test_the_plan_is_one_that_can_be_carried_out() -> None:
    merged = merge([plan_of(case_of("overlay.failed"))])
    assert merged.refusals == ()
    assert merged.writes == 3
    assert [step.change.ref for step in merged.steps] == [AGENT, CONFIG, AGENT, AGENT]


def test_new_addresses_are_warned_of_where_they_come() -> None:
    assert NEW_ADDRESSES in plan_of(case_of("ipam_cluster_pool.failed")).remarks
    assert NEW_ADDRESSES not in plan_of(case_of("strict_1_16.failed")).remarks
    assert plan_of(case_of("strict_1_16.failed")).remarks[0].endswith('charts.cilium.kubeProxyReplacement: "true"')


def test_a_running_kube_proxy_is_warned_of_for_it_holds_the_agents_port() -> None:
    (warning,) = [r for r in plan_of(case_of("overlay.failed")).remarks if r.startswith("kube-proxy runs on 1 node")]
    assert "the rollout stops at the first of them and is taken back" in warning
    assert "kubectl patch daemonset kube-proxy --namespace kube-system --type=strategic" in warning
    assert not [r for r in plan_of(case_of("ipam_cluster_pool.failed")).remarks if r.startswith("kube-proxy")]


@pytest.mark.parametrize("name", ["right.passed", "config_not_there.error", "no_cilium.skipped"])
def test_what_is_not_as_it_was_found_is_not_changed(name: str) -> None:
    finding = Finding("ConfigMap/kube-system/cilium-config", Grade.DECLARED, "found before")
    given = facts(case_of(name), patch_cilium_config, findings=(finding,), ask=Ask("prod", "packs/it", "remedy"))
    (refused,) = patch_cilium_config(**given)
    assert isinstance(refused, Refusal)
    assert "it is not as it was found any more" in refused.reason


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ipam_cluster_pool.failed", ["1 of 1 agents are ready"]),
        ("overlay.failed", ["0 of 1 agents are ready (yet): their own log says why"]),
        ("config_before_agent.failed", []),
    ],
)
def test_how_the_agents_came_up_is_said_afterwards(name: str, said: list[str]) -> None:
    case = case_of(name)
    findings = verdict_of(case, detect).findings
    assert [note.message for note in afterwards(**facts(case, afterwards, findings=findings))] == said


def test_the_remedy_declares_the_rights_that_its_plan_needs_and_no_more() -> None:
    remedy = next(one for one in REMEDIES if one.id == "patch-cilium-config")
    (finding,) = verdict_of(case_of("overlay.failed"), detect).findings
    assert remedy.id == "patch-cilium-config" == finding.remedy
    assert "Palette will revert it" in remedy.title
    needed: dict[Any, set[str]] = {}
    for change in plan_of(case_of("overlay.failed")).changes:
        verbs = (
            [v for v, _, _ in kind_of(change).rights(change)] if isinstance(change, PatchObject) else ["watch", "get"]
        )
        needed.setdefault((change.ref.resource, change.ref.name), set()).update(verbs)
    assert {(s.resource, *s.names): set(s.verbs) for s in remedy.sends} == needed
    assert {s.namespace for s in remedy.sends} == {"kube-system"}


def test_the_operator_is_read_near_findings() -> None:
    (read,) = reads_of(cilium_operator)
    assert (read.resource.plural, read.verbs, read.names) == ("deployments", ("get",), ("cilium-operator",))


def _with(case: Case, *hidden: Unanswered) -> Case:
    return msgspec.structs.replace(case, unanswered=(*case.unanswered, *hidden))


def _object(case: Case, kind: str) -> dict[str, Any]:
    return next(one for one in case.objects if one["kind"] == kind)


def _image(deployment: dict[str, Any], image: str) -> dict[str, Any]:
    containers = [{"name": "cilium-operator", "image": image}]
    return {**deployment, "spec": {"template": {"spec": {"containers": containers}}}}


def _generation(item: dict[str, Any], generation: int) -> dict[str, Any]:
    return {**item, "metadata": {**item["metadata"], "generation": generation}}
