"""IPv6 off on a host beside Calico's half, as a function of what was read; tests/joined/ does it on real hosts."""

from typing import Any

import msgspec
import pytest

from checks.packs.check_calico_ipv6_kernel import detect
from domain.hosts.tasks import EVERY_INTERFACE, KAIROS_FILE, SYSCTL_FILE, TO_COME
from domain.plan import Act, Edit, PatchObject, Plan, Refusal, RunOnHost, WaitFor, pointer
from domain.remedy import Ask
from remediations.packs.calico.disable_ipv6_sysctl import NOT_ENOUGH
from remediations.packs.calico_ipv6_kernel import REMEDIES
from tests.cases.load import Case, facts, load, paths, verdict_of

CASES = {p.id: p.values[0] for p in paths("packs/calico_ipv6_kernel")}
REMEDY = next(remedy for remedy in REMEDIES if remedy.id == "disable-ipv6-sysctl")
FIT: dict[str, Any] = {"transport": "IPv4", "root": True, "ipv6": {"all": 0, "default": 0}}
KAIROS = {"immutable": ["it is a Kairos image", "its root file system is mounted read-only"]}


def case(**more: Any) -> Case:
    """A node whose joined host is broken, with these fields of the host."""
    found = load(CASES["host_probe_broken.failed"])
    (host,) = found.hosts
    return msgspec.structs.replace(found, hosts=(msgspec.structs.replace(host, more=FIT | more),))


def planned(found: Case) -> Plan | Refusal:
    findings = verdict_of(found, detect).findings
    ask = Ask("prod", "packs/calico-ipv6-kernel", REMEDY.id)
    (one,) = REMEDY.plan(**facts(found, REMEDY.plan, findings=findings, ask=ask))
    return one


@pytest.mark.parametrize(("more", "path"), [({}, SYSCTL_FILE), (KAIROS, KAIROS_FILE)], ids=["etc", "Kairos"])
def test_calicos_half_is_made_first_and_the_hosts_lasts(more: dict[str, Any], path: str) -> None:
    plan = planned(case(**more))
    assert isinstance(plan, Plan), plan
    patch, wait, write = plan.changes
    assert isinstance(patch, PatchObject)
    assert isinstance(wait, WaitFor)
    assert isinstance(write, RunOnHost)
    assert (write.act, write.names, write.ref.uid, write.boot_id) == (Act.WRITE, (path,), "machine-n1", "boot-n1")
    assert write.edits[1:] == (
        Edit(pointer("sysctl", EVERY_INTERFACE), 0, 1),
        Edit(pointer("sysctl", TO_COME), 0, 1),
    )
    assert plan.remarks[0] == NOT_ENOUGH


def test_where_it_is_off_already_calicos_half_is_what_is_left() -> None:
    plan = planned(case(ipv6={"all": 1, "default": 1}))
    assert isinstance(plan, Plan)
    assert [type(change) for change in plan.changes] == [PatchObject, WaitFor]
    assert "IPv6 is off already in the operating system of edge1" in plan.remarks[0]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"transport": "IPv6"}, "edge1 is reached over IPv6: turning IPv6 off might cut"),
        ({"transport": None}, "edge1 is reached over an address that it does not tell"),
        ({"immutable": ["it has no apt"]}, "nothing written on edge1 would last: it has no apt"),
        ({"root": False}, "who logs in to edge1 is not root there"),
        ({"ipv6": {"all": 0}}, "what IPv6 is set to on edge1 was not told"),
        ({"source": "a simulation"}, "its host is a simulation: nothing can be written there"),
    ],
)
def test_a_host_that_is_not_fit_for_it_is_refused(more: dict[str, Any], reason: str) -> None:
    refusal = planned(case(**more))
    assert isinstance(refusal, Refusal), refusal
    assert reason in refusal.reason


def test_a_host_that_was_not_read_is_refused() -> None:
    refusal = planned(load(CASES["listed_generic.failed"]))
    assert isinstance(refusal, Refusal)
    assert refusal.reason.startswith("its host was not read: --hosts=nodes")


def test_where_calicos_half_is_refused_so_is_the_hosts() -> None:
    refusal = planned(load(CASES["ipv6_pool.failed"]))
    assert isinstance(refusal, Refusal)
    assert "it is to be paired with turning IPv6 off in Calico, and that is refused: IPv6 is needed" in refusal.reason
