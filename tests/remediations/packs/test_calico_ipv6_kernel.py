"""What disable-calico-ipv6 would do about each case: one change of the DaemonSet, or a reason why not."""

from typing import Any

import pytest

from checks.packs.check_calico_ipv6_kernel import detect
from domain.conflicts import merge
from domain.plan import Edit, PatchObject, Plan, Ref, Refusal, Rollback, Until, WaitFor, diff, undo_text
from domain.remedy import Ask
from domain.resources import DAEMON_SETS
from domain.verdict import Finding, Grade, Outcome
from domain.waiting import Progress, progress
from fixtures.facts import reads_of
from fixtures.facts.calico import ipv6_users
from remediations.hands import rights
from remediations.packs.calico_ipv6_kernel import DURABLE, LINGER, REMEDIES, afterwards, disable_calico_ipv6
from remediations.patching import Moved, operations
from tests.cases.load import facts, load, outcome_of, paths, planned, verdict_of

CASES = {p.id: p.values[0] for p in paths("packs/calico_ipv6_kernel")}
FAILED = [name for name, path in CASES.items() if outcome_of(path) is Outcome.FAILED and not name.startswith("alone_")]
REFUSED = {
    "left_cordoned.failed": "update-kernel was interrupted there and left it cordoned: that remedy lets it take pods",
    "left_cordoned_ipv6_off.failed": "update-kernel was interrupted there and left it cordoned",
    "operator_namespace.failed": "takes an edit of the DaemonSet back, and there is none: change what it is installed by",
    "operator_needs_ipv6.failed": "IPv6 is needed here: the Installation has a pool of IPv6 (fd00:10:48::/64); a fixed",
    "ipv6_pool.failed": "IPv6 is needed here: IPPool/pool is of IPv6 (fd00:10:48::/64); a fixed kernel is the way",
    "dual_stack_service.failed": "IPv6 is needed here: Services have IPv6 addresses: shop/web",
    "services_unread.failed": "whether IPv6 is needed, and what to change, was not read: system:serviceaccount:ops",
    "on_delete.failed": "is OnDelete: a change replaces no pod; kubectl set env daemonset/calico-node",
    "env_from_config_map.failed": "env FELIX_IPV6SUPPORT of DaemonSet/kube-system/calico-node has its value from "
    "elsewhere (configMapKeyRef): change it there",
    "env_from_whole_config_map.failed": "envFrom ConfigMap kube-system/felix-env of DaemonSet/kube-system/calico-node",
}
ON, OFF = {"name": "FELIX_IPV6SUPPORT", "value": "true"}, {"name": "FELIX_IPV6SUPPORT", "value": "false"}
OTHER = {"name": "DATASTORE_TYPE", "value": "kubernetes"}
ENV = "/spec/template/spec/containers/1/env"
REF = Ref(DAEMON_SETS, "kube-system", "calico-node", "ds-1")


def plans_of(name: str) -> list[Plan | Refusal]:
    return planned(load(CASES[name]), detect, disable_calico_ipv6)


def patch_of(name: str) -> PatchObject:
    (plan,) = plans_of(name)
    assert isinstance(plan, Plan)
    patch = plan.changes[0]
    assert isinstance(patch, PatchObject)
    return patch


def as_json(name: str) -> dict[str, Any]:
    """The DaemonSet of a case, as the API server would give it."""
    found: dict[str, Any] = next(one for one in load(CASES[name]).objects if one["kind"] == "DaemonSet")
    return found


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name in set(FAILED) - set(REFUSED) - {"old_pod_after_change.failed", "operator.failed"}
        if not name.startswith("files_")
    ),
)
def test_every_other_finding_is_remedied_by_one_change_and_its_rollout(name: str) -> None:
    for plan in plans_of(name):
        assert isinstance(plan, Plan), plan
        patch, wait = plan.changes
        assert isinstance(patch, PatchObject)
        assert isinstance(wait, WaitFor)
        assert patch.ref == wait.ref
        assert (wait.until, patch.rollback, patch.risk) == (Until.ROLLED_OUT, Rollback.TAKE_BACK, "")
        assert patch.edits[0].after != patch.edits[0].before
        assert DURABLE in plan.remarks
        assert LINGER in plan.remarks


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_refused_says_why(name: str) -> None:
    for refused in plans_of(name):
        assert isinstance(refused, Refusal)
        assert REFUSED[name] in refused.reason


def test_the_variable_is_changed_in_its_place_and_the_rest_is_as_it_was() -> None:
    patch = patch_of("listed_generic.failed")
    assert patch.ref == REF
    assert patch.edits == (Edit(ENV, [OTHER, ON], [OTHER, OFF]),)
    assert patch.command == (
        "kubectl set env daemonset/calico-node --namespace kube-system --containers=calico-node FELIX_IPV6SUPPORT=false"
    )
    assert undo_text(patch) == "the values from before are set again, where nobody changed them since"
    lines = diff(patch).splitlines()
    assert "-  value: 'true'" in lines
    assert "+  value: 'false'" in lines
    assert "   value: kubernetes" in lines


def test_where_it_is_absent_it_is_appended() -> None:
    assert patch_of("default_is_on.failed").edits == (Edit(ENV, [OTHER], [OTHER, OFF]),)


def test_a_container_without_environment_is_pinned_as_a_whole() -> None:
    (edit,) = patch_of("no_environment.failed").edits
    assert edit == Edit(ENV.removesuffix("/env"), {"name": "calico-node"}, {"name": "calico-node", "env": [OFF]})


def test_canal_is_changed_likewise() -> None:
    patch = patch_of("canal.failed")
    assert patch.ref == Ref(DAEMON_SETS, "kube-system", "rke2-canal", "ds-1")
    assert patch.edits == (Edit(ENV, [OTHER, ON], [OTHER, OFF]),)
    assert "daemonset/rke2-canal" in patch.command


@pytest.mark.parametrize("moved", ["containers change places", "another variable", "renamed", "another DaemonSet"])
def test_what_somebody_changes_in_the_meantime_is_refused(moved: str) -> None:
    (edit,) = patch_of("listed_generic.failed").edits
    current = as_json("listed_generic.failed")
    containers = current["spec"]["template"]["spec"]["containers"]
    assert operations((edit,), current, "ds-1")[1] == {"op": "test", "path": ENV, "value": [OTHER, ON]}
    match moved:
        case "containers change places":
            containers.reverse()
        case "another variable":
            containers[1]["env"].append({"name": "FELIX_LOGSEVERITYSCREEN", "value": "info"})
        case "renamed":
            containers[1]["env"][1]["name"] = "FELIX_IPV6SUPPORTED"
        case _:
            current["metadata"]["uid"] = "ds-2"
    with pytest.raises(Moved):
        operations((edit,), current, "ds-1")


def test_all_nodes_of_a_daemonset_share_one_change() -> None:
    plans = plans_of("mixed_nodes.failed")
    assert [plan.subject for plan in plans] == ["Node/n1", "Node/n3"]
    merged = merge([plan for plan in plans if isinstance(plan, Plan)])
    assert merged.refusals == ()
    assert merged.writes == 1
    patch, wait = merged.steps
    assert (patch.plans, wait.plans) == ((0, 1), (0, 1))
    assert isinstance(wait.change, WaitFor)
    assert wait.change.timeout_s == 120 + 4 * 60


def test_a_change_that_is_made_already_is_waited_for() -> None:
    (plan,) = plans_of("old_pod_after_change.failed")
    assert isinstance(plan, Plan)
    (wait,) = plan.changes
    assert isinstance(wait, WaitFor)
    assert wait.until is Until.ROLLED_OUT


def test_a_felixconfiguration_stays_and_is_outranked() -> None:
    (plan,) = plans_of("felixconfiguration_on.failed")
    assert isinstance(plan, Plan)
    assert plan.remarks[0].startswith("FelixConfiguration/default spec.ipv6Support stays as it is")
    assert patch_of("felixconfiguration_on.failed").edits == (Edit(ENV, [OTHER], [OTHER, OFF]),)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no_calico.skipped", "Calico is not seen on the node any more"),
        ("no_felix.error", "is not there any more as it was read, or has no container calico-node"),
    ],
)
def test_what_is_gone_is_not_changed(name: str, reason: str) -> None:
    finding = Finding("Node/n1", Grade.LISTED, "found before")
    given = facts(load(CASES[name]), disable_calico_ipv6, findings=(finding,), ask=Ask("prod", "packs/it", "remedy"))
    (refused,) = disable_calico_ipv6(**given)
    assert isinstance(refused, Refusal)
    assert reason in refused.reason


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("unready_pod.failed", ["Pod/kube-system/calico-node-n1 is not Ready (yet): its own log says why"]),
        ("listed_generic.failed", []),
        ("pod_missing.failed", []),
    ],
)
def test_a_pod_that_is_unready_afterwards_is_said(name: str, said: list[str]) -> None:
    case = load(CASES[name])
    findings = verdict_of(case, detect).findings
    assert [note.message for note in afterwards(**facts(case, afterwards, findings=findings))] == said


def test_the_pack_values_that_last_are_said() -> None:
    assert 'manifests.calico.env.calicoNode.FELIX_IPV6SUPPORT: "false"' in DURABLE


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        ({"observedGeneration": 1}, Progress(False, "not looked at yet")),
        ({"observedGeneration": 2}, Progress(False, "0 of 3 pods are of the new template, 0 available")),
        (
            {"observedGeneration": 2, "updatedNumberScheduled": 2, "numberAvailable": 3},
            Progress(False, "2 of 3 pods are of the new template, 3 available"),
        ),
        (
            {"observedGeneration": 2, "updatedNumberScheduled": 3, "numberAvailable": 2},
            Progress(True, "3 of 3 pods are of the new template, 2 available"),
        ),
    ],
)
def test_a_rollout_is_done_once_each_pod_is_of_the_new_template(status: dict[str, int], seen: Progress) -> None:
    there = {
        "metadata": {"name": "calico-node", "uid": "ds-1", "generation": 2},
        "status": {"desiredNumberScheduled": 3} | status,
    }
    assert progress(Until.ROLLED_OUT, DAEMON_SETS, "ds-1", there) == seen
    assert progress(Until.ROLLED_OUT, DAEMON_SETS, "another", there).hopeless


def test_the_remedy_declares_the_rights_that_its_plan_needs_and_no_more() -> None:
    remedy = REMEDIES[0]
    (finding,) = verdict_of(load(CASES["listed_generic.failed"]), detect).findings
    assert remedy.id == "disable-calico-ipv6" == finding.remedy
    (plan,) = plans_of("listed_generic.failed")
    assert isinstance(plan, Plan)
    assert [sends.namespace for sends in remedy.sends] == ["kube-system", "calico-system", None]
    for sends in remedy.sends[:2]:
        assert sends.resource == DAEMON_SETS
        assert set(sends.verbs) == {verb for change in plan.changes for verb, _, _ in rights(change)}
        assert sends.names == ("calico-node", "canal", "rke2-canal")


def test_who_needs_ipv6_is_read_near_findings() -> None:
    reads = {(read.resource.group, read.resource.plural) for read in reads_of(ipv6_users)}
    assert reads == {
        ("apps", "daemonsets"),
        ("crd.projectcalico.org", "ippools"),
        ("projectcalico.org", "ippools"),
        ("", "services"),
    }
