"""What disable-calico-ipv6 would do where the operator installed Calico: in its Installation, or a reason why not."""

from typing import Any

import pytest

from checks.packs.check_calico_ipv6_kernel import detect
from domain.plan import Edit, PatchObject, Plan, Ref, Refusal, Until, WaitFor
from domain.resources import DAEMON_SETS
from domain.waiting import Progress, progress
from remediations.hands import rights
from remediations.packs.calico.installation import FIELD, NO_ADDRESS, OWNER
from remediations.packs.calico_ipv6_kernel import DURABLE, LINGER, REMEDIES, disable_calico_ipv6
from tests.cases.load import Case, load, paths, planned

CASES = {p.id: p.values[0] for p in paths("packs/calico_ipv6_kernel")}
RENDERS = "the operator renders FELIX_IPV6SUPPORT from its Installation and takes an edit of the DaemonSet back"


def of_kind(case: Case, kind: str) -> Any:
    return next(one for one in case.objects if one["kind"] == kind)


def env(one: Any) -> list[dict[str, str]]:
    """The environment of Felix in a DaemonSet's template."""
    found: list[dict[str, str]] = one["spec"]["template"]["spec"]["containers"][1]["env"]
    return found


def only(case: Case) -> Plan | Refusal:
    (one,) = planned(case, detect, disable_calico_ipv6)
    return one


def test_the_field_is_taken_away_and_the_operators_rollout_waited_for() -> None:
    plan = only(load(CASES["operator.failed"]))
    assert isinstance(plan, Plan)
    patch, wait = plan.changes
    assert isinstance(patch, PatchObject)
    assert isinstance(wait, WaitFor)
    assert (str(patch.ref), patch.edits) == ("Installation/default", (Edit(FIELD, {"firstFound": True}, None),))
    assert patch.command == (
        "kubectl patch installation default --type=json --patch="
        '\'[{"op":"remove","path":"/spec/calicoNetwork/nodeAddressAutodetectionV6"}]\''
    )
    assert (wait.ref, wait.until, wait.beyond) == (
        Ref(DAEMON_SETS, "calico-system", "calico-node", "ds-1"),
        Until.ROLLED_OUT,
        1,
    )
    assert plan.remarks == (OWNER, NO_ADDRESS, LINGER)
    assert DURABLE not in plan.remarks


def test_the_rights_for_it_are_declared() -> None:
    plan = only(load(CASES["operator.failed"]))
    assert isinstance(plan, Plan)
    sends = REMEDIES[0].sends[2]
    assert (sends.resource, sends.names) == (plan.changes[0].ref.resource, ("default",))
    assert set(sends.verbs) == {"get", *(verb for verb, _, _ in rights(plan.changes[0]))}


def test_where_the_operator_has_it_off_its_rollout_alone_is_waited_for() -> None:
    case = load(CASES["operator.failed"])
    env(of_kind(case, "DaemonSet"))[1]["value"] = "false"
    plan = only(case)
    assert isinstance(plan, Plan)
    (wait,) = plan.changes
    assert isinstance(wait, WaitFor)
    assert wait.beyond == 0


@pytest.mark.parametrize("network", [{}, {"nodeAddressAutodetectionV6": {}}])
def test_where_no_field_has_it_on_nothing_is_taken_away(network: dict[str, Any]) -> None:
    case = load(CASES["operator.failed"])
    of_kind(case, "Installation")["spec"]["calicoNetwork"] = network
    refused = only(case)
    assert isinstance(refused, Refusal)
    assert refused.reason == (
        f"{RENDERS}, and Installation/default has no nodeAddressAutodetectionV6 that would have it on: look why the "
        "operator leaves DaemonSet/calico-system/calico-node as it is"
    )


def test_an_operator_that_does_not_render_the_variable_is_left_to_people() -> None:
    case = load(CASES["operator.failed"])
    for one in case.objects:
        if one["kind"] == "DaemonSet":
            env(one).pop()
        if one["kind"] == "Pod":
            one["spec"]["containers"][1]["env"].pop()
    refused = only(case)
    assert isinstance(refused, Refusal)
    assert "does not say FELIX_IPV6SUPPORT: its operator is one that does not render it" in refused.reason


@pytest.mark.parametrize(
    ("generation", "seen"),
    [
        (1, Progress(False, "its operator has not changed it yet")),
        (2, Progress(True, "3 of 3 pods are of the new template, 0 available")),
    ],
)
def test_the_rollout_from_before_the_operator_acts_does_not_count(generation: int, seen: Progress) -> None:
    there = {
        "metadata": {"name": "calico-node", "uid": "ds-1", "generation": generation},
        "status": {"observedGeneration": generation, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3},
    }
    assert progress(Until.ROLLED_OUT, DAEMON_SETS, "ds-1", there, beyond=1) == seen
