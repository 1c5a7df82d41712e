"""What label-namespace would do about cases of tests/cases/packs/namespace_labels, with and without stuck pods."""

from typing import Any

import msgspec
import pytest

from checks.packs.check_namespace_labels import detect
from domain.facts import Fact, Unread
from domain.plan import DeleteObject, PatchObject, Plan, Prompt, Refusal, Rollback, Until, WaitFor, pointer
from domain.pods import Pod
from domain.remedy import Ask
from domain.resources import PODS
from domain.verdict import Finding, Grade
from remediations.packs.namespace_labels import REMEDIES, WAIT_S, afterwards, label_lowest_level, label_namespace
from tests.cases.load import HERE, Case, facts, load, planned, verdict_of

FOLDER = HERE / "packs" / "namespace_labels"
SUBJECT = "Namespace/metallb-system"
ENFORCE = "pod-security.kubernetes.io/enforce"
DURABLE = "the durable fix is in the cluster profile"
OWNED = [{"kind": "ReplicaSet", "name": "web", "uid": "rs", "controller": True}]


def case(name: str, *pods: dict[str, Any]) -> Case:
    """A case by its name, with pods put into it."""
    loaded = load(FOLDER / f"{name}.yaml")
    return msgspec.structs.replace(loaded, objects=(*loaded.objects, *pods))


def pod(name: str, reason: str, *, owned: bool = True, namespace: str = "metallb-system") -> dict[str, Any]:
    meta = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "creationTimestamp": "2026-11-22T09:00:00Z"}
    waiting = {"reason": reason, "message": "its words"} if reason else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta | ({"ownerReferences": OWNED} if owned else {}),
        "status": {"phase": "Pending", "containerStatuses": [{"name": "c", "state": {"waiting": waiting}}]},
    }


def plan_of(given: Case, *allow: str) -> Plan:
    (plan,) = planned(given, detect, label_namespace, *allow)
    assert isinstance(plan, Plan)
    assert plan.subject == SUBJECT
    return plan


def test_a_namespace_is_labelled_and_its_blocked_controllers_prompted_and_waited_for() -> None:
    plan = plan_of(case("proven_daemonset_event.failed"))
    label, prompt, wait = plan.changes
    assert isinstance(label, PatchObject)
    assert (str(label.ref), label.rollback) == (SUBJECT, Rollback.KEEP_IF_DELETED)
    assert {e.path: (e.before, e.after) for e in label.edits} == {
        pointer("metadata", "labels", f"pod-security.kubernetes.io/{mode}"): (None, "privileged")
        for mode in ("enforce", "audit", "warn")
    }
    assert label.command.startswith("kubectl label namespace metallb-system pod-security.kubernetes.io/enforce=")
    assert isinstance(prompt, Prompt)
    assert str(prompt.ref) == "DaemonSet/metallb-system/speaker"
    assert [(e.path, e.before, e.after) for e in prompt.edits] == [
        ("/metadata/annotations/packcheck.dev~1prompted", None, "at-815")
    ]
    assert isinstance(wait, WaitFor)
    assert (wait.ref, wait.until, wait.timeout_s) == (prompt.ref, Until.PODS_CREATED, WAIT_S)
    assert wait.reason == "3 pods are missing"


def test_before_it_is_widened_it_is_said_what_else_that_admits() -> None:
    remarks = plan_of(case("proven_daemonset_event.failed")).remarks
    assert remarks[0].startswith(
        "from the cluster's default (not readable; Palette's is baseline) to enforce=privileged, metallb-system then"
    )
    assert DURABLE in remarks[-1]


def test_what_widens_nothing_is_not_said_to() -> None:
    assert [r for r in plan_of(case("declared_baseline_missing.failed")).remarks if "then admits" in r] == []


def test_only_what_differs_is_set() -> None:
    given = case("two_packs_contradict.failed")
    warned = {ENFORCE: "baseline", "pod-security.kubernetes.io/warn": "privileged", "org": "spectro"}
    namespace = {**given.objects[0], "metadata": {"name": "metallb-system", "labels": warned}}
    plan = plan_of(msgspec.structs.replace(given, objects=(namespace, *given.objects[1:])))
    (label,) = plan.changes
    assert isinstance(label, PatchObject)
    assert {e.path: (e.before, e.after) for e in label.edits} == {
        pointer("metadata", "labels", ENFORCE): ("baseline", "privileged"),
        pointer("metadata", "labels", "pod-security.kubernetes.io/audit"): (None, "privileged"),
    }
    assert plan.remarks[0].startswith("from enforce=baseline to enforce=privileged, metallb-system then admits")
    assert "the packs contradict each other in team, so it is left as it is" in plan.remarks


def test_a_declared_level_that_suffices_widens_nothing_more() -> None:
    (label, *_) = plan_of(case("declared_level_of_its_version.failed")).changes
    assert isinstance(label, PatchObject)
    assert (pointer("metadata", "labels", ENFORCE), "restricted", "baseline") in [
        (e.path, e.before, e.after) for e in label.edits
    ]


def test_a_declared_level_that_keeps_its_own_pods_out_is_set_aside_aloud() -> None:
    plan = plan_of(case("declared_level_is_too_strict.failed"))
    assert plan.remarks[0] == (
        "the packs declare baseline, which does not admit DaemonSet/speaker: privileged is set instead"
    )


def test_stuck_pods_that_the_labels_explain_are_deleted_where_a_controller_makes_them_anew() -> None:
    pods = [
        pod("explained", "CreateContainerConfigError"),
        pod("silent", ""),
        pod("bare", "CreateContainerConfigError", owned=False),
        pod("image", "ImagePullBackOff"),
        pod("elsewhere", "CreateContainerConfigError", namespace="other"),
    ]
    given = case("proven_daemonset_event.failed", *pods)
    plan = plan_of(given)
    deleted = [change for change in plan.changes if isinstance(change, DeleteObject)]
    assert [(d.ref.name, d.ref.uid, d.risk) for d in deleted] == [
        ("explained", "uid-explained", ""),
        ("silent", "uid-silent", ""),
    ]
    assert "ReplicaSet/web makes another in its place" in deleted[0].reason
    assert "CreateContainerConfigError: its words" in deleted[0].reason
    assert "cannot be brought back" in deleted[0].irreversible
    said = "\n".join(plan.remarks)
    assert "Pod/metallb-system/bare waits for its container's configuration" in said
    assert "--allow=delete-unmanaged-pods deletes it" in said
    assert "Pod/metallb-system/image waits for an image: ImagePullBackOff: its words: left" in said
    assert "elsewhere" not in said


def test_bare_pods_are_deleted_only_where_that_is_allowed_and_carry_its_class() -> None:
    given = case("proven_daemonset_event.failed", pod("bare", "CreateContainerConfigError", owned=False))
    deleted = [c for c in plan_of(given, "delete-unmanaged-pods").changes if isinstance(c, DeleteObject)]
    assert [(d.ref.name, d.risk) for d in deleted] == [("bare", "delete-unmanaged-pods")]
    assert "nothing makes it anew" in deleted[0].irreversible


@pytest.mark.parametrize("name", ["list_instead_of_string.failed", "invalid_declared_level.failed"])
def test_a_wrong_declaration_is_not_made_right_by_labels(name: str) -> None:
    (refused,) = planned(case(name), detect, label_namespace)
    assert isinstance(refused, Refusal)
    assert refused.reason.startswith("labels do not clear it: mend the declaration in the profile (lb-metallb-helm: ")


def test_a_wrong_declaration_beside_controllers_that_are_kept_out_lets_them_in() -> None:
    wrong = case("list_instead_of_string.failed").objects
    kept_out = case("proven_daemonset_event.failed")
    pack = next(o for o in wrong if o["kind"] == "Pack")
    objects = (*(o for o in kept_out.objects if o["kind"] != "Pack"), pack)
    (plan,) = planned(msgspec.structs.replace(kept_out, objects=objects), detect, label_namespace)
    assert isinstance(plan, Plan)
    label = plan.changes[0]
    assert isinstance(label, PatchObject)
    assert {e.after for e in label.edits} == {"privileged"}


def test_a_namespace_that_was_not_read_is_not_changed_unseen() -> None:
    (refused,) = planned(case("namespaces_unread_but_refused.failed"), detect, label_namespace)
    assert isinstance(refused, Refusal)
    assert refused.reason == "the namespace could not be read, and is not changed unseen"


@pytest.mark.parametrize(("namespace", "refused"), [("metallb-system", True), (None, True), ("other", False)])
def test_where_pods_were_not_read_nothing_is_changed(namespace: str | None, refused: bool) -> None:
    given = case("proven_daemonset_event.failed")
    ask = Ask("prod", "packs/namespace-labels", "label-namespace")
    read = facts(given, label_namespace, findings=verdict_of(given, detect).findings, ask=ask)
    unread = Fact[Pod]((), (Unread(PODS, namespace, None, "403"),))
    (planned_,) = label_namespace(**{**read, "pods_there": unread})
    assert isinstance(planned_, Refusal) is refused
    if isinstance(planned_, Refusal):
        assert planned_.reason == "its pods could not be read: 403"


def test_afterwards_pods_that_do_not_run_say_their_own_reason() -> None:
    given = case(
        "proven_daemonset_event.failed",
        pod("image", "ImagePullBackOff"),
        pod("young", "") | {"metadata": pod("young", "")["metadata"] | {"creationTimestamp": "2026-11-22T09:59:30Z"}},
        pod("done", "") | {"status": {"phase": "Succeeded"}},
        pod("elsewhere", "ImagePullBackOff", namespace="other"),
    )
    findings = (Finding(SUBJECT, Grade.PROVEN, "found before"),)
    image, young, durable = afterwards(**facts(given, afterwards, findings=findings))
    assert image.message == "Pod/metallb-system/image waits for an image: ImagePullBackOff: its words"
    assert young.message == "Pod/metallb-system/young is starting"
    assert DURABLE in durable.message
    assert {note.subject for note in (image, young, durable)} == {SUBJECT}


def test_the_remedy_that_the_finding_names_is_the_default() -> None:
    found = verdict_of(case("proven_daemonset_event.failed"), detect).findings
    assert REMEDIES[0].id == found[0].remedy == "label-namespace"


def lowest(given: Case) -> Plan | Refusal:
    (planned_,) = planned(given, detect, label_lowest_level)
    return planned_


def set_by(plan: Plan | Refusal) -> dict[str, str | None]:
    assert isinstance(plan, Plan), plan
    label = plan.changes[0]
    assert isinstance(label, PatchObject)
    return {edit.path.rpartition("~1")[2]: edit.after for edit in label.edits}


def template(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}


def controller(name: str, pod: dict[str, Any], *, missing: int = 1) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "web", "uid": f"uid-{name}", "resourceVersion": "7"},
        "spec": {"template": pod},
        "status": {"desiredNumberScheduled": 1, "currentNumberScheduled": 1 - missing},
    }


def strict(*controllers: dict[str, Any], **labels: str) -> Case:
    """A namespace that enforces restricted."""
    enforced = {ENFORCE: "restricted"} | {f"{ENFORCE}-{key}": value for key, value in labels.items()}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "web", "labels": enforced}}
    given = load(FOLDER / "declared_present.passed.yaml")
    return msgspec.structs.replace(given, objects=(namespace, *controllers))


def test_the_lowest_level_is_what_every_controller_there_needs_also_those_that_are_not_kept_out() -> None:
    plain, host = template(), template(hostNetwork=True)
    assert set_by(lowest(strict(controller("a", plain)))) == dict.fromkeys(("enforce", "audit", "warn"), "baseline")
    both = strict(controller("a", plain), controller("b", host, missing=0))
    assert set(set_by(lowest(both)).values()) == {"privileged"}


def test_the_lowest_level_is_judged_by_the_namespaces_version_and_prompts_as_the_default_does() -> None:
    probe = {"httpGet": {"host": "10.0.0.1", "port": 80}}
    pod = template(containers=[{"name": "c", "image": "i", "livenessProbe": probe}])
    newest = lowest(msgspec.structs.replace(strict(controller("a", pod)), version="v1.36.1"))
    pinned = lowest(msgspec.structs.replace(strict(controller("a", pod), version="v1.30"), version="v1.36.1"))
    assert set_by(newest)["enforce"] == "privileged", "since 1.34 baseline refuses a probe's host"
    assert set_by(pinned)["enforce"] == "baseline"
    assert isinstance(pinned, Plan)
    assert [type(change) for change in pinned.changes] == [PatchObject, Prompt, WaitFor]


def test_the_lowest_level_is_never_stricter_than_what_the_packs_declare() -> None:
    declared = case("stricter_level.failed")
    assert set_by(lowest(declared))["enforce"] == "baseline", "nothing runs there, and the packs declare baseline"


def test_a_template_that_cannot_be_judged_needs_privileged() -> None:
    odd = strict(controller("a", template()), controller("odd", {"spec": {"containers": "none"}}, missing=0))
    assert set_by(lowest(odd))["enforce"] == "privileged"


def test_the_lowest_level_is_refused_where_not_every_controller_was_read() -> None:
    given = strict(controller("a", template()))
    ask = Ask("prod", "packs/namespace-labels", "label-lowest-level")
    read = facts(given, label_lowest_level, findings=verdict_of(given, detect).findings, ask=ask)
    for namespace in ("web", None):
        some = Fact(read["workloads"].items, (Unread(PODS, namespace, None, "403"),))
        (refused,) = label_lowest_level(**{**read, "workloads": some})
        assert isinstance(refused, Refusal)
        assert refused.reason == "which level its controllers need is not known: 403"
    elsewhere = Fact(read["workloads"].items, (Unread(PODS, "other", None, "403"),))
    (plan,) = label_lowest_level(**{**read, "workloads": elsewhere})
    assert isinstance(plan, Plan)


def test_a_namespace_that_was_not_read_gets_no_lowest_level_either() -> None:
    refused = lowest(case("namespaces_unread_but_refused.failed"))
    assert isinstance(refused, Refusal)
    assert refused.reason == "the namespace could not be read, and is not changed unseen"
