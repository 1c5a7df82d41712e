"""Which kernel a host is to boot: what its apt offers and the tables have as fixed, and never a listed one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernels import Distribution, State, judge_kernel
from domain.kernels.target import NoKernel, target_kernel

NOBLE = Distribution(id="ubuntu", version_id="24.04", name="Ubuntu 24.04.2 LTS")
GENERIC = tuple(f"6.8.0-{abi}-generic" for abi in (55, 56, 57, 58, 60, 62))
AWS = ("6.8.0-1022-aws", "6.8.0-1026-aws", "6.8.0-1027-aws", "6.8.0-1030-aws")
EVERYTHING = (*GENERIC, *AWS, "6.11.0-21-generic", "5.15.0-130-generic", "6.8.0-60-lowlatency")


@pytest.mark.parametrize(
    ("running", "offered", "installed", "target"),
    [
        ("6.8.0-57-generic", GENERIC, (), "6.8.0-60-generic"),
        ("6.8.0-56-generic", GENERIC, (), "6.8.0-60-generic"),
        ("6.8.0-57-generic", ("6.8.0-62-generic",), (), "6.8.0-62-generic"),
        ("6.8.0-57-generic", (), ("6.8.0-57-generic", "6.8.0-60-generic"), "6.8.0-60-generic"),
        ("6.8.0-62-generic", (*GENERIC, "6.8.0-63-generic"), (), "6.8.0-63-generic"),
        ("6.8.0-1026-aws", EVERYTHING, (), "6.8.0-1027-aws"),
        ("5.15.0-128-generic", EVERYTHING, (), "5.15.0-130-generic"),
        ("6.8.0-57-generic", GENERIC, ("6.8.0-57-generic", "6.8.0-62-generic"), "6.8.0-62-generic"),
        ("6.8.0-57-generic", GENERIC, ("6.8.0-57-generic", "6.11.0-21-generic"), "6.11.0-21-generic"),
        ("6.8.0-57-generic", (*GENERIC, "linux", "6.8.0-060801-generic"), (), "6.8.0-60-generic"),
    ],
)
def test_it_is_the_first_fixed_one_of_the_branch_and_flavour(
    running: str, offered: tuple[str, ...], installed: tuple[str, ...], target: str
) -> None:
    assert target_kernel(running, NOBLE, offered, installed) == target


@pytest.mark.parametrize(
    ("running", "offered", "wanted", "reason"),
    [
        ("6.11.4-300.fc41.x86_64", GENERIC, "", "6.11.4-300.fc41.x86_64 is no kernel of Ubuntu's by its name"),
        ("6.8.0-57-generic", (), "", r"its apt offers no kernel of 6.8.0 generic after 6.8.0-57-generic .*: none\)"),
        ("6.8.0-57-generic", GENERIC[:4], "", r"it offers: 6.8.0-55-generic, .*, 6.8.0-58-generic\)"),
        (
            "6.8.0-57-generic",
            GENERIC,
            "6.8.0-99",
            "--kernel=6.8.0-99: its apt offers no such kernel; it offers: 6.8.0-",
        ),
        ("6.8.0-57-generic", (), "6.8.0-60", "it offers: none"),
        (
            "6.8.0-57-generic",
            GENERIC,
            "6.8.0-58",
            "--kernel=6.8.0-58 is refused: 6.8.0-58-generic is listed as affected",
        ),
        ("6.8.0-57-generic", ("6.8.0-1018-gke",), "6.8.0-1018-gke", "is refused: "),
    ],
)
def test_where_there_is_none_it_is_said_why(running: str, offered: tuple[str, ...], wanted: str, reason: str) -> None:
    with pytest.raises(NoKernel, match=reason):
        target_kernel(running, NOBLE, offered, (), wanted)


@pytest.mark.parametrize(
    ("installed", "wanted", "reason"),
    [
        (
            "6.8.0-62-generic",
            "6.8.0-60",
            "6.8.0-62-generic, which is installed, would be booted, and not 6.8.0-60-generic",
        ),
        ("6.11.0-18-generic", "", "6.11.0-18-generic, which is installed, would be booted instead of 6.8.0-60-generic"),
    ],
)
def test_what_grub_would_boot_instead_is_in_the_way(installed: str, wanted: str, reason: str) -> None:
    with pytest.raises(NoKernel, match=reason):
        target_kernel("6.8.0-57-generic", NOBLE, GENERIC, ("6.8.0-57-generic", installed), wanted)


@pytest.mark.parametrize("wanted", ["6.8.0-62", "6.8.0-62-generic", "6.11.0-21-generic"])
def test_the_one_that_is_wanted_is_taken_where_it_is_fixed(wanted: str) -> None:
    assert target_kernel("6.8.0-57-generic", NOBLE, EVERYTHING, (), wanted).startswith(wanted)


@given(st.sampled_from([*GENERIC, *AWS]), st.lists(st.sampled_from(EVERYTHING)), st.sampled_from(["", *EVERYTHING]))
def test_no_offer_whatever_leads_to_a_kernel_that_is_not_known_to_be_fixed(
    running: str, offered: list[str], wanted: str
) -> None:
    try:
        target = target_kernel(running, NOBLE, offered, (running,), wanted)
    except NoKernel:
        return
    assert judge_kernel(target, NOBLE).state is State.CLEAR
    assert target in (*offered, running)
