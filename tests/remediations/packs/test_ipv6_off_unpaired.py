"""The other half is done by the very remedy that the kernel's scenario has, so that both plans are one change."""

from checks.packs.check_calico_ipv6_kernel import detect as kernel_detect
from checks.packs.check_ipv6_off_unpaired import detect
from domain.conflicts import merge
from domain.plan import PatchObject, Plan
from remediations.packs.calico_ipv6_kernel import disable_calico_ipv6
from remediations.packs.ipv6_off_unpaired import REMEDIES
from tests.cases.load import Case, load, paths, planned

CASES = {p.id: p.values[0] for p in paths("packs/ipv6_off_unpaired")}


def case(name: str) -> Case:
    return load(CASES[name])


def test_the_remedy_is_the_one_that_there_is() -> None:
    assert [remedy.id for remedy in REMEDIES] == ["disable-calico-ipv6"]
    assert REMEDIES[0].plan is disable_calico_ipv6


def test_ipv6_is_turned_off_in_calico_as_well() -> None:
    (plan,) = planned(case("off_by_sysctl.failed"), detect, disable_calico_ipv6)
    assert isinstance(plan, Plan)
    patch = plan.changes[0]
    assert isinstance(patch, PatchObject)
    assert patch.edits[0].after == [{"name": "FELIX_IPV6SUPPORT", "value": "false"}]


def test_where_the_operator_installed_calico_its_installation_is_changed() -> None:
    (plan,) = planned(case("off_by_operator.failed"), detect, disable_calico_ipv6)
    assert isinstance(plan, Plan)
    assert str(plan.changes[0].ref) == "Installation/default"


def test_the_same_change_for_both_scenarios_is_made_once() -> None:
    kernel = load(next(p.values[0] for p in paths("packs/calico_ipv6_kernel") if p.id == "host_probe_broken.failed"))
    plans = [
        *planned(kernel, kernel_detect, disable_calico_ipv6),
        *planned(case("off_by_sysctl.failed"), detect, disable_calico_ipv6),
    ]
    merged = merge([plan for plan in plans if isinstance(plan, Plan)])
    assert merged.writes == 1
    assert not merged.refusals
