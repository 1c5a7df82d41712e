"""What a host would boot next, by GRUB's words and the names in /boot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.hosts import NextBoot, next_boot, offered, read_packages, releases_of, version_key

BOOT = "vmlinuz-6.8.0-57-generic\nvmlinuz-6.8.0-60-generic\nvmlinuz.old\n"
NEWEST = "6.8.0-60-generic"
UUID = "3b1c7a52-6d0e-4f3c-9a1b-2c3d4e5f6a7b"


@pytest.mark.parametrize(
    ("grub", "saved", "release", "default"),
    [
        ("GRUB_DEFAULT=0", "", NEWEST, "0"),
        ('GRUB_DEFAULT="0"\n', "", NEWEST, "0"),
        ("GRUB_DEFAULT=", "", NEWEST, ""),
        ("GRUB_DEFAULT=saved", "", NEWEST, "saved"),
        ("GRUB_DEFAULT=saved", "saved_entry=0\n", NEWEST, "saved"),
        (
            "GRUB_DEFAULT=saved",
            f"saved_entry=gnulinux-advanced-{UUID}>gnulinux-6.8.0-57-generic-advanced-{UUID}\n",
            *("6.8.0-57-generic", "saved"),
        ),
        (
            "GRUB_DEFAULT='Advanced options for Ubuntu>Ubuntu, with Linux 6.8.0-57-generic'",
            *("", "6.8.0-57-generic", "Advanced options for Ubuntu>Ubuntu, with Linux 6.8.0-57-generic"),
        ),
        ("GRUB_DEFAULT=0", "next_entry=Ubuntu, with Linux 6.8.0-57-generic (recovery mode)", "6.8.0-57-generic", "0"),
        ("GRUB_DEFAULT=0\nGRUB_DEFAULT=2", "", None, "2"),
        ("GRUB_DEFAULT=1>2", "", None, "1>2"),
        ("GRUB_DEFAULT=Windows", "", None, "Windows"),
        ("", "", None, None),
        ("", "saved_entry=\n", NEWEST, None),
    ],
)
def test_grubs_choice(grub: str, saved: str, release: str | None, default: str | None) -> None:
    assert next_boot(grub, saved, BOOT) == NextBoot(release, NEWEST, default)


def test_no_kernel_in_boot_is_none() -> None:
    assert next_boot("GRUB_DEFAULT=0", "", "") == NextBoot(None, None, "0")


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 9), st.integers(1, 2000)), min_size=1))
def test_releases_are_ordered_by_their_numbers(numbers: list[tuple[int, int, int, int]]) -> None:
    releases = [f"{a}.{b}.{c}-{abi}-generic" for a, b, c, abi in sorted(numbers)]
    assert sorted(releases, key=version_key) == releases


@given(st.lists(st.text()))
def test_no_names_crash(names: list[str]) -> None:
    assert sorted(names, key=version_key) is not None
    text = "\n".join(names)
    assert next_boot(text, text, text) is not None
    assert read_packages(text) is not None


def test_what_apt_offers_is_read_by_name_and_the_oldest_comes_first() -> None:
    text = (
        "linux-image-6.8.0-60-generic - Signed kernel image\nlinux-image-6.8.0-9-generic - Signed kernel image\n"
        "linux-modules-extra-6.8.0-60-generic - Linux kernel extra modules\nlinux-image-6.8.0-60-generic - again\nnoise\n"
    )
    packages = offered(text)
    assert set(packages) == {
        "linux-image-6.8.0-9-generic",
        "linux-image-6.8.0-60-generic",
        "linux-modules-extra-6.8.0-60-generic",
    }
    assert releases_of(packages) == ("6.8.0-9-generic", "6.8.0-60-generic")
