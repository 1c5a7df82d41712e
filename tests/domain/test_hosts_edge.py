"""What an edge bundle's files tell of its host, and what they leave open."""

import pytest

from domain.hosts import IPv6Sysctls, edge_facts
from domain.hosts.edge import ADDRESSES, BOOTS, CMDLINE, HOSTNAME, KERNEL_LOG, OS_RELEASE, SETTINGS

DMESG = """\
Nov 22 09:00:01 n1 kernel: Linux version 6.8.0-57-generic (buildd@lcy02) (gcc 13.3.0, ld 2.42) #59-Ubuntu SMP PREEMPT_DYNAMIC Sat Mar 15 17:40:59 UTC 2026
Nov 22 09:00:01 n1 kernel: Command line: BOOT_IMAGE=/boot/vmlinuz
"""
BOOT_LIST = """\
IDX BOOT ID                          FIRST ENTRY                 LAST ENTRY
 -1 11111111111111111111111111111111 Sat 2026-11-21 09:00:00 UTC Sat 2026-11-21 19:00:00 UTC
  0 0123456789abcdef0123456789abcdef Sun 2026-11-22 09:00:00 UTC Sun 2026-11-22 10:00:00 UTC
"""
UP = "1: lo: <LOOPBACK,UP> mtu 65536\n    inet6 ::1/128 scope host\n"
OFF = "1: lo: <LOOPBACK,UP> mtu 65536\n2: eth0: <BROADCAST,UP> mtu 1500\n"


def test_a_whole_bundle_tells_kernel_boot_and_distribution() -> None:
    texts = {
        HOSTNAME: "edge-1\n",
        CMDLINE: "BOOT_IMAGE=/boot/vmlinuz-6.8.0-60-generic root=LABEL=x\n",
        OS_RELEASE: 'PRETTY_NAME="Ubuntu 24.04.2 LTS"\nID=ubuntu\nVERSION_ID="24.04"\n',
        KERNEL_LOG: DMESG,
        BOOTS: BOOT_LIST,
    }
    host = edge_facts("prod-edge", texts, {})
    assert (host.name, host.hostname, host.source) == ("prod-edge", "edge-1", "a Palette edge bundle")
    assert host.boot_id == "01234567-89ab-cdef-0123-456789abcdef"
    assert host.machine_id == ""
    assert host.uname_r == "6.8.0-57-generic", "what ran, and not what the command line may name by now"
    assert host.uname_v.startswith("#59-Ubuntu SMP")
    assert host.distribution.id == "ubuntu"
    assert host.probe is None


def test_without_its_kernel_log_the_image_on_the_command_line_counts() -> None:
    assert (
        edge_facts("n", {CMDLINE: "BOOT_IMAGE=(loop0)/boot/vmlinuz-6.8.0-60-generic x"}, {}).uname_r
        == "6.8.0-60-generic"
    )
    assert edge_facts("n", {CMDLINE: "BOOT_IMAGE=(loop0)/boot/vmlinuz cos-img"}, {}).uname_r == ""


@pytest.mark.parametrize(
    ("cmdline", "addresses", "ipv6", "off"),
    [
        ("quiet ipv6.disable=1", UP, IPv6Sysctls(absent=True), True),
        ("", UP, IPv6Sysctls(all=0), False),
        ("", OFF, IPv6Sysctls(all=1), True),
        ("ipv6.disable_ipv6=1", "", IPv6Sysctls(all=1), True),
        ("ipv6.disable_ipv6=1", UP, IPv6Sysctls(all=0), False),
        ("", "", IPv6Sysctls(), None),
        ("", "sh: ip: command not found", IPv6Sysctls(), None),
    ],
)
def test_ipv6_is_told_by_command_line_and_addresses(
    cmdline: str, addresses: str, ipv6: IPv6Sysctls, off: bool | None
) -> None:
    host = edge_facts("n", {CMDLINE: cmdline, ADDRESSES: addresses}, {})
    assert (host.ipv6, host.ipv6.off) == (ipv6, off)


def test_where_it_is_set_is_told_by_file_and_line() -> None:
    stage = "stages:\n  boot:\n  - commands:\n    - sysctl -w net.ipv6.conf.all.disable_ipv6=1\n    # disable_ipv6 was here\n"
    host = edge_facts("n", {}, {"oem/90_custom.yaml": stage, "oem/userdata": "#cloud-config\n"})
    assert host.ipv6_set == ("oem/90_custom.yaml:- sysctl -w net.ipv6.conf.all.disable_ipv6=1",)


def test_error_text_is_no_fact() -> None:
    error = "sh: 1: hostname: not found\n"
    host = edge_facts("n", dict.fromkeys((HOSTNAME, KERNEL_LOG, BOOTS, OS_RELEASE, CMDLINE), error), {})
    assert (host.hostname, host.uname_r, host.boot_id) == ("", "", "")


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("oem/90_custom.yaml", True),
        ("oem/userdata", True),
        ("run/stylus/userdata", True),
        ("usr/local/cloud-config/cluster.yaml", True),
        ("oem/files", False),
        ("var/log/oem/x.yaml", False),
    ],
)
def test_which_files_are_stages_and_user_data(path: str, is_one: bool) -> None:
    assert (SETTINGS.fullmatch(path) is not None) is is_one
