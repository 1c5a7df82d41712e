"""The tables are what the page and the facts say, each row with its source; how releases and distributions are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernels import (
    Distribution,
    KernelRelease,
    Kernels,
    PackageNames,
    Upstream,
    parse_release,
    ubuntu_package_names,
)
from domain.kernels.tables import tables

MINT = """\
NAME="Linux Mint"
# a comment=1
VERSION="22.1 (Xia)"
ID=linuxmint
ID_LIKE="ubuntu debian"
PRETTY_NAME="Linux Mint 22.1"
VERSION_ID="22.1"
UBUNTU_CODENAME=noble
"""


def test_the_runbooks_table_stands_as_printed() -> None:
    printed = [
        (row.row, [f"{row.base}-{abi}" for abi in row.affected], f"{row.base}-{row.fixed}") for row in tables().runbook
    ]
    assert printed == [
        ("5.15.0 generic", ["5.15.0-127", "5.15.0-128"], "5.15.0-130"),
        ("6.8.0 generic", ["6.8.0-57", "6.8.0-58"], "6.8.0-60"),
        ("6.8.0 cloud", ["6.8.0-1022"], "6.8.0-1027"),
    ]


def test_the_wider_table_has_the_facts() -> None:
    told = {(row.base, row.flavours): (row.bad, row.fixed, row.before) for row in tables().wider}
    assert told == {
        ("5.15.0", ("generic",)): ((127, 128), None, "clear"),
        ("6.8.0", ("generic", "lowlatency")): ((56, 57), 58, "clear"),
        ("6.8.0", ("oracle",)): ((1022, 1023), 1024, "open"),
        ("6.8.0", ("nvidia", "nvidia-lowlatency")): ((1024, 1025), 1026, "open"),
        ("6.8.0", ("aws",)): ((1025, 1026), 1027, "open"),
        ("6.8.0", ("azure",)): ((1025, 1026), 1027, "open"),
        ("6.8.0", ("gcp",)): ((1026, 1026), None, "open"),
        ("6.8.0", ("gke",)): ((1021, 1021), None, "open"),
        ("6.8.0", ("gkeop",)): ((1008, 1008), None, "open"),
        ("6.11.0", ("generic",)): (None, 21, "open"),
    }


def test_upstreams_branches_have_the_facts() -> None:
    told = {row.branch: (row.bad, row.fixed) for row in tables().upstream}
    assert told == {
        "5.10": (None, None),
        "5.15": ((168, 169), 170),
        "6.1": ((113, 114), 115),
        "6.6": ((57, 58), 59),
        "6.11": ((4, 5), 6),
    }


def test_every_row_has_a_source() -> None:
    sources = [row.source for row in tables().runbook] + [row.source for row in tables().upstream]
    sources += [row.source for row in tables().spared] + [row.source for row in tables().distributions]
    sources += [tables().mainline.source] + [source for row in tables().wider for source in row.sources]
    assert all(source.startswith("https://") or source == "facts/kernel.md" for source in sources)
    assert all(row.sources for row in tables().wider)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        (
            "6.8.0-57-generic-64k\n",
            KernelRelease("6.8.0-57-generic-64k", Upstream(6, 8, 0), "6.8.0", 57, "generic-64k"),
        ),
        (
            "6.8.0-060800-generic",
            KernelRelease("6.8.0-060800-generic", Upstream(6, 8, 0), mainline=Upstream(6, 8, 0)),
        ),
        (
            "6.12.0-061200rc4-lowlatency",
            KernelRelease(
                "6.12.0-061200rc4-lowlatency",
                Upstream(6, 12, 0, candidate=True),
                mainline=Upstream(6, 12, 0, candidate=True),
            ),
        ),
        ("6.11.4-arch1-1", KernelRelease("6.11.4-arch1-1", Upstream(6, 11, 4))),
        ("6.12.0-rc4", KernelRelease("6.12.0-rc4", Upstream(6, 12, 0, candidate=True))),
        (
            "6.1.0-27-amd64",
            KernelRelease("6.1.0-27-amd64", Upstream(6, 1, 0), "6.1.0", 27, "amd64", debian=True),
        ),
        ("6.8.0-057-generic", KernelRelease("6.8.0-057-generic", Upstream(6, 8, 0))),
        ("5.15.167.4-microsoft-standard-WSL2", KernelRelease("5.15.167.4-microsoft-standard-WSL2")),
        ("", KernelRelease("")),
    ],
)
def test_a_release_is_taken_apart(text: str, parsed: KernelRelease) -> None:
    assert parse_release(text) == parsed


@given(
    st.integers(1, 99),
    st.integers(0, 99),
    st.integers(0, 9),
    st.integers(1, 9999),
    st.sampled_from(["aws", "azure-fde"]),
)
def test_a_release_of_ubuntus_form_is_taken_apart_and_together_again(
    major: int, minor: int, patch: int, abi: int, flavour: str
) -> None:
    parsed = parse_release(f"{major}.{minor}.{patch}-{abi}-{flavour}")
    assert f"{parsed.base}-{parsed.abi}-{parsed.flavour}" == parsed.text
    assert parsed.upstream == Upstream(major, minor, patch)


def test_packages_of_a_kernel_are_named_by_its_release() -> None:
    assert ubuntu_package_names("6.8.0-60-generic\n") == PackageNames(
        image="linux-image-6.8.0-60-generic",
        modules="linux-modules-6.8.0-60-generic",
        modules_extra="linux-modules-extra-6.8.0-60-generic",
        headers="linux-headers-6.8.0-60-generic",
    )


@pytest.mark.parametrize(
    "text", ["", "6.8.0", "6.8.0-60", "6.8.0-60-generic curl", "6.8.0-60-generic;reboot", "--help"]
)
def test_packages_are_named_for_no_other_text(text: str) -> None:
    with pytest.raises(ValueError, match="no release of an Ubuntu kernel"):
        ubuntu_package_names(text)


def test_os_release_is_read_with_the_shells_quotes() -> None:
    mint = Distribution.from_os_release(MINT)
    assert mint == Distribution("linuxmint", ("ubuntu", "debian"), "22.1", "noble", "Linux Mint 22.1")
    assert str(mint) == "Linux Mint 22.1"


def test_os_release_that_is_broken_is_read_as_far_as_it_goes() -> None:
    read = Distribution.from_os_release("no line of it\nID='ubuntu'\nNAME=\"half\nPRETTY_NAME=\n")
    assert (read.id, read.name, str(read)) == ("ubuntu", '"half', '"half')


@pytest.mark.parametrize(
    ("text", "id_", "version", "kernels"),
    [
        ("Ubuntu 24.04.2 LTS", "ubuntu", "24.04.2", Kernels.UBUNTU),
        ("Ubuntu Core 22", "ubuntu", "22", Kernels.UBUNTU),
        ("Debian GNU/Linux 12 (bookworm)", "debian", "12", Kernels.DEBIAN),
        ("Debian GNU/Linux trixie/sid", "debian", "", Kernels.DEBIAN),
        ("Red Hat Enterprise Linux CoreOS 416.94", "rhcos", "416.94", Kernels.OWN),
        ("Red Hat Enterprise Linux 9.4 (Plow)", "rhel", "9.4", Kernels.OWN),
        ("talos (v1.8.2)", "talos", "1.8.2", Kernels.UPSTREAM),
        ("Talosian 3", "", "", Kernels.UNTOLD),
        ("Kairos v3.1.3", "kairos", "3.1.3", Kernels.UNTOLD),
        ("Arch Linux", "arch", "", Kernels.UPSTREAM),
        ("", "", "", Kernels.UNTOLD),
    ],
)
def test_osimage_names_the_distribution(text: str, id_: str, version: str, kernels: Kernels) -> None:
    read = Distribution.from_os_image(text)
    assert (read.id, read.version_id, read.kernels) == (id_, version, kernels)


@pytest.mark.parametrize(
    ("distribution", "kernels", "names_ubuntu"),
    [
        (Distribution(id="zorin", id_like=("ubuntu", "debian")), Kernels.UBUNTU, True),
        (Distribution(id="pop", ubuntu_codename="jammy"), Kernels.UBUNTU, True),
        (Distribution(id="kairos", id_like=("kairos-core-ubuntu-24.04",)), Kernels.UNTOLD, True),
        (Distribution(id="kairos", id_like=("ubuntu",), ubuntu_codename="noble"), Kernels.UNTOLD, True),
        (Distribution(id="cachyos", id_like=("arch",)), Kernels.UNTOLD, False),
        (Distribution(id="centos", id_like=("rhel", "fedora")), Kernels.OWN, False),
        (Distribution(id="kubuntuish"), Kernels.UNTOLD, False),
    ],
)
def test_a_derivative_is_told_by_what_it_is_like(
    distribution: Distribution, kernels: Kernels, names_ubuntu: bool
) -> None:
    assert (distribution.kernels, distribution.names_ubuntu) == (kernels, names_ubuntu)


def test_a_distribution_without_any_name_says_so() -> None:
    assert str(Distribution()) == "a distribution that is not known"
    assert str(Distribution(id="arch")) == "arch"
