"""The roles that `--rbac` prints are enough, and none of their rules is more than enough."""

import copy
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests import broken
from tests.broken import NAMESPACE
from tests.commands import Done, packcheck
from tests.remediations.bench import ENFORCE, LABELS, LEFT, POD, Bench
from tests.remediations.faults.packs import upgrade_pod
from tests.remediations.runs import Running, Runs
from tests.rigs.controlplane import ControlPlane

AT_ONCE = 3
UNNEEDED = {("nodes", "get"), ("nodes", "list")}
"""Asked for only where an upgrade-pod is there, or to tell that a cluster without one is no MicroK8s at all."""

Role = dict[str, Any]


class Verb(NamedTuple):
    """One verb of one printed rule."""

    group: str
    resource: str
    verb: str
    namespace: str | None

    def __str__(self) -> str:
        """As the help in a result names it."""
        return f'{{apiGroups: ["{self.group}"], resources: ["{self.resource}"], verbs: ["{self.verb}"]}}'


@cache
def printed(*arguments: str) -> list[Role]:
    """The roles for both scenarios, as they are printed."""
    with tempfile.TemporaryDirectory() as folder:
        done = packcheck(Path(folder, "run"), "--rbac", LABELS, POD, *arguments)
    assert done.code == 0, done
    return list(yaml.safe_load_all(done.out))


def verbs_of(roles: list[Role]) -> list[Verb]:
    return [
        Verb(rule["apiGroups"][0], rule["resources"][0], verb, role["metadata"].get("namespace"))
        for role in roles
        for rule in role["rules"]
        for verb in rule["verbs"]
    ]


def without(roles: list[Role], verb: Verb) -> list[Role]:
    """The roles with one verb of one rule taken away."""
    left = copy.deepcopy(roles)
    for role in left:
        for rule in role["rules"]:
            same = (rule["apiGroups"][0], rule["resources"][0], role["metadata"].get("namespace"))
            if same == (verb.group, verb.resource, verb.namespace) and verb.verb in rule["verbs"]:
                rule["verbs"].remove(verb.verb)
        role["rules"] = [rule for rule in role["rules"] if rule["verbs"]]
    return left


def account(plane: ControlPlane, name: str, roles: list[Role]) -> str:
    """A ServiceAccount that has these rights and no others; the option that names it."""
    plane.api.post("/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": name}})
    items = []
    for number, role in enumerate(copy.deepcopy(roles)):
        role["metadata"]["name"] = f"{name}-{number}"
        metadata = dict(role["metadata"])
        binding = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": f"{role['kind']}Binding",
            "metadata": metadata,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role["kind"], "name": metadata["name"]},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "default"}],
        }
        items += [role, binding]
    broken.create(plane, items)
    return f"--kubeconfig={plane.token_kubeconfig(name, service_account=f'default/{name}')}"


@pytest.fixture(scope="module")
def sound(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    """A cluster on which both scenarios pass, with all that they look at."""
    plane = controlplane
    plane.reset()
    broken.nodes(plane, "worker-1")
    upgrade_pod.plant(plane, "")
    plane.api.text("DELETE", f"{LEFT}?gracePeriodSeconds=0")
    broken.metallb(plane)
    labels = {ENFORCE: "privileged"}
    plane.api.text("PATCH", f"/api/v1/namespaces/{NAMESPACE}", {"metadata": {"labels": labels}},
                   "application/merge-patch+json")  # fmt: skip
    broken.wait_ready(plane, NAMESPACE, "speaker", 2)
    yield plane
    plane.reset()


def test_without_any_one_verb_of_the_printed_rules_a_sound_cluster_is_undecided_and_the_rule_is_named(
    sound: ControlPlane, runs: Runs
) -> None:
    roles = printed()
    verbs = verbs_of(roles)
    assert len(verbs) > 8
    whole = runs(account(sound, "whole", roles), LABELS, POD)
    assert (whole.code, [r["outcome"] for r in whole.run["results"]]) == (0, ["passed", "passed"]), whole
    running: list[tuple[Verb, Running]] = []
    ended: list[tuple[Verb, Done]] = []
    for number, verb in enumerate(verbs):
        option = account(sound, f"without{number}", without(roles, verb))
        running.append((verb, runs.start(option, LABELS, POD)))
        if len(running) == AT_ONCE or number == len(verbs) - 1:
            ended += [(one, run.ended()) for one, run in running]
            running.clear()
    for verb, done in ended:
        errors = [r for r in done.run["results"] if r["outcome"] == "error"]
        if (verb.resource, verb.verb) in UNNEEDED:
            assert (done.code, errors) == (0, []), f"{verb}: it is needed after all\n{done}"
            continue
        assert done.code == 6, f"{verb}: it was not missed\n{done}"
        helps = [u["would_help"] for result in errors for u in result["undecided"]]
        assert any(str(verb) in help_ for help_ in helps), f"{verb}: not named in {helps}"


def test_with_exactly_the_printed_rights_a_remediating_run_ends_fixed(bench: Bench) -> None:
    roles = printed("--remediate")
    option = account(bench.plane, "fixer", roles)
    done = bench.runs(option, "--settle=0", LABELS, POD, "--remediate")
    assert done.code == 0, done
    assert [r["outcome"] for r in done.run["results"]] == ["fixed", "fixed"]
    undone = bench.runs(option, "--settle=0", LABELS, POD, f"--undo={done.folder}")
    assert undone.code == 0, undone
    assert bench.state() == bench.original


@pytest.mark.parametrize(
    ("resource", "verb"),
    [("pods", "delete"), ("pods", "watch"), ("leases", "create"), ("leases", "delete"), ("namespaces", "patch")],
)
def test_a_write_that_is_not_granted_is_asked_for_before_anything_is_written(
    bench: Bench, resource: str, verb: str
) -> None:
    roles = printed("--remediate")
    missing = [one for one in verbs_of(roles) if (one.resource, one.verb) == (resource, verb)]
    for one in missing:
        roles = without(roles, one)
    name = f"lacks-{verb}-{resource}"
    existing = bench.plane.api.exists(f"/api/v1/namespaces/default/serviceaccounts/{name}")
    option = account(bench.plane, f"{name}{'-again' if existing else ''}", roles)
    mark = bench.plane.audit_mark()
    done = bench.runs(option, "--settle=0", LABELS, POD, "--remediate")
    assert done.code == 1, done
    assert all(f"no right to {verb} {resource}" in result["reason"] for result in done.run["results"])
    assert any(str(one) in done.run["results"][0]["reason"] for one in missing)
    changed = [
        e for e in bench.plane.audit(mark) if e.user.username.endswith(name) and e.verb in ("create", "patch", "delete")
    ]
    assert {e.object_ref.resource for e in changed} <= {"selfsubjectaccessreviews"}
    assert bench.state() == bench.original


def test_who_cannot_tell_which_cluster_it_is_can_plan_and_not_remediate(bench: Bench) -> None:
    """The check of the upgrade-pod reads no namespace."""
    roles = [role for role in printed() if role["kind"] == "Role"]
    nodes = {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list"]}
    metadata = {"name": "packcheck"}
    option = account(
        bench.plane, "blind", [*roles, {**roles[0], "kind": "ClusterRole", "metadata": metadata, "rules": [nodes]}]
    )
    planned = bench.runs(option, POD, "--plan")
    assert planned.code == 1, planned
    assert "rig: it cannot be told which cluster this is: " in planned.said
    assert "plan.json cannot be applied there" in planned.said
    assert planned.result("rig", "packs/upgrade-pod")["changes"][0]["state"] == "planned"
    done = bench.runs(option, POD, "--remediate")
    assert (done.code, done.run["writes"]) == (1, 0), done
    assert "it cannot be told which cluster this is" in done.result("rig", "packs/upgrade-pod")["reason"]
    applied = bench.runs(option, POD, "--remediate", f"--from-plan={planned.folder}")
    assert (applied.code, applied.run["writes"]) == (1, 0), applied
    words = "none of this run's targets is the cluster that was rig when the plan was made; rig: it cannot be told"
    assert words in applied.said, applied
