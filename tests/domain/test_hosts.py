"""What a host's one command tells, read from its output; and that output which is not whole is never a host's."""

import platform
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.hosts import (
    MARK_RULE,
    SECTIONS,
    Garbled,
    HostFacts,
    HostOutputError,
    InstalledKernel,
    Ip6tables,
    IPv6Sysctls,
    NextBoot,
    NotOurs,
    Packages,
    Transport,
    Truncated,
    parse_host,
    reading_script,
)
from domain.kernels import Distribution, ProbeResult

SENTINEL = "k3Jx9TqVw0LmZ4Rb"
SAID = {
    "machine-id": "3F0C2B6D9A1E4D57B8A6C2F4E1D09B73\n",
    "boot-id": "8d2a6f1e-5b37-4c09-9e64-0f7b3a5c1d28\n",
    "hostname": "edge-cp-1\n",
    "os-release": 'ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04.2 LTS"\nUBUNTU_CODENAME=noble\n',
    "uname-r": "6.8.0-57-generic\n",
    "uname-v": "#59-Ubuntu SMP PREEMPT_DYNAMIC Sat Mar 15 17:40:59 UTC 2025\n",
    "proc-version": "Linux version 6.8.0-57-generic (buildd@lcy02)\n",
    "packages": (
        "ii \tlinux-image-6.8.0-57-generic\t6.8.0-57.59\nhi \tlinux-image-6.8.0-55-generic\t6.8.0-55.57\n"
        "iF \tlinux-modules-6.8.0-60-generic\t6.8.0-60.63\nrc \tlinux-image-6.8.0-49-generic\t6.8.0-49.49\n"
        "hi \tlinux-image-generic\t6.8.0-57.59\nun \tlinux-image-unsigned-6.8.0-57-generic\t\nnoise\n"
    ),
    "grub-default": "GRUB_DEFAULT=0\n",
    "grub-saved": "",
    "boot-files": "vmlinuz\nvmlinuz-6.8.0-9-generic\nvmlinuz-6.8.0-57-generic\nvmlinuz-6.8.0-55-generic\n",
    "reboot-required": "",
    "ipv6": "all=0\ndefault=0\n",
    "ipv6-set": "/etc/sysctl.d/60-ipv6.conf:net.ipv6.conf.all.disable_ipv6 = 0\n",
    "cmdline": "BOOT_IMAGE=/boot/vmlinuz-6.8.0-57-generic root=/dev/sda1 ro\n",
    "ip6tables": "ip6tables v1.8.10 (nf_tables)\n",
    "immutable": "",
    "tasks": "install\n",
    "root": "         0          0 4294967295\n",
    "connection": "203.0.113.7 51000 10.20.0.11 22\n",
    "probe-v4": "",
    "probe-v6": "MARK: bad value\n",
}
STATUS = {"probe-v6": 2, "grub-saved": 127}
EDGE = HostFacts(
    name="n1",
    machine_id="3f0c2b6d9a1e4d57b8a6c2f4e1d09b73",
    boot_id="8d2a6f1e-5b37-4c09-9e64-0f7b3a5c1d28",
    hostname="edge-cp-1",
    distribution=Distribution("ubuntu", (), "24.04", "noble", "Ubuntu 24.04.2 LTS"),
    uname_r="6.8.0-57-generic",
    uname_v="#59-Ubuntu SMP PREEMPT_DYNAMIC Sat Mar 15 17:40:59 UTC 2025",
    proc_version="Linux version 6.8.0-57-generic (buildd@lcy02)",
    packages=Packages(
        kernels=(
            InstalledKernel("6.8.0-57-generic", "linux-image-6.8.0-57-generic", "6.8.0-57.59"),
            InstalledKernel("6.8.0-55-generic", "linux-image-6.8.0-55-generic", "6.8.0-55.57", held=True),
        ),
        holds=("linux-image-6.8.0-55-generic", "linux-image-generic"),
        half_configured=("linux-modules-6.8.0-60-generic",),
        installed=("linux-image-6.8.0-57-generic", "linux-image-6.8.0-55-generic", "linux-image-generic"),
    ),
    next_boot=NextBoot("6.8.0-57-generic", "6.8.0-57-generic", "0"),
    ipv6=IPv6Sysctls(0, 0),
    ipv6_set=("/etc/sysctl.d/60-ipv6.conf:net.ipv6.conf.all.disable_ipv6 = 0",),
    cmdline="BOOT_IMAGE=/boot/vmlinuz-6.8.0-57-generic root=/dev/sda1 ro",
    ip6tables=Ip6tables.NF_TABLES,
    probe=ProbeResult(2, "MARK: bad value", 0, ""),
    transport=Transport.IPV4,
    root=True,
    tasks=("install",),
)


def written(said: dict[str, str] | None = None, status: dict[str, int] | None = None, noise: str = "") -> str:
    """What the script writes for these answers, with noise wherever there can be some."""
    answers, ended = SAID | (said or {}), STATUS | (status or {})
    parts = [
        f"\n{SENTINEL} begin {name}\n{answers[name]}\n{SENTINEL} end {name} {ended.get(name, 0)}\n{noise}"
        for name in SECTIONS
    ]
    return f"{noise}{''.join(parts)}\n{SENTINEL} done\n{noise}"


def read(**said: str) -> HostFacts:
    return parse_host("n1", written({name.replace("_", "-"): text for name, text in said.items()}), SENTINEL)


def test_a_host_is_read_whole() -> None:
    assert parse_host("n1", written(), SENTINEL) == EDGE


def test_a_terminals_line_ends_are_no_matter() -> None:
    assert parse_host("n1", written().replace("\n", "\r\n"), SENTINEL) == EDGE


@given(st.text().filter(lambda text: SENTINEL not in text))
def test_noise_outside_the_markers_is_no_matter(noise: str) -> None:
    assert parse_host("n1", written(noise=noise), SENTINEL) == EDGE


def test_a_banner_that_prints_the_script_is_no_matter() -> None:
    assert parse_host("n1", written(noise=reading_script(SENTINEL)), SENTINEL) == EDGE


@given(st.data())
def test_output_that_breaks_off_is_never_a_hosts(data: st.DataObject) -> None:
    whole = written()
    part = whole[: data.draw(st.integers(0, len(whole) - 2))]
    with pytest.raises((NotOurs, Truncated)) as raised:
        parse_host("n1", part, SENTINEL)
    section = raised.value.section
    assert section == "" if isinstance(raised.value, NotOurs) else section in SECTIONS


@pytest.mark.parametrize("section", SECTIONS)
def test_the_missing_section_is_named(section: str) -> None:
    before, _, _ = written().partition(f"\n{SENTINEL} end {section} ")
    with pytest.raises(Truncated, match=f"breaks off within {section}") as raised:
        parse_host("n1", before, SENTINEL)
    assert raised.value.section == section
    with pytest.raises(HostOutputError, match=section if section != SECTIONS[0] else "nothing in what"):
        parse_host("n1", before.partition(f"\n{SENTINEL} begin {section}\n")[0], SENTINEL)


@pytest.mark.parametrize("output", ["", "This account is for git only.\n", written().replace(SENTINEL, "another")])
def test_what_is_not_of_the_script_is_told_apart(output: str) -> None:
    with pytest.raises(NotOurs, match="a forced command, or another shell, answered"):
        parse_host("n1", output, SENTINEL)


@pytest.mark.parametrize(
    ("output", "says"),
    [
        (written() + written(), "section machine-id begins a second time"),
        (written().replace(f"{SENTINEL} end uname-r 0\n", ""), "section uname-v begins within uname-r"),
        (written().replace(f"{SENTINEL} begin boot-id\n", ""), "section boot-id ends where none was begun"),
        (written().replace("end hostname", "end boot-id"), "section boot-id ends where hostname was begun"),
    ],
)
def test_sections_out_of_place_are_told(output: str, says: str) -> None:
    with pytest.raises(Garbled, match=says):
        parse_host("n1", output, SENTINEL)


@given(st.text())
def test_no_output_crashes(output: str) -> None:
    with pytest.raises(HostOutputError):
        parse_host("n1", output, SENTINEL)


@given(st.sampled_from(SECTIONS), st.text().filter(lambda text: SENTINEL not in text), st.integers(0, 255))
def test_no_answer_crashes(section: str, text: str, status: int) -> None:
    assert parse_host("n1", written({section: text}, {section: status}), SENTINEL).name == "n1"


@pytest.mark.parametrize(
    ("said", "fact", "value"),
    [
        ({"machine_id": "uninitialized\n"}, "machine_id", ""),
        ({"reboot_required": "required\n"}, "reboot_required", True),
        ({"ipv6": "absent\n"}, "ipv6", IPv6Sysctls(absent=True)),
        ({"ipv6": "all=1\ndefault=\n"}, "ipv6", IPv6Sysctls(1, None)),
        ({"ipv6": ""}, "ipv6", IPv6Sysctls()),
        ({"ip6tables": "ip6tables v1.8.7 (legacy)"}, "ip6tables", Ip6tables.LEGACY),
        ({"ip6tables": "ip6tables v1.6.1"}, "ip6tables", Ip6tables.LEGACY),
        ({"ip6tables": "what?"}, "ip6tables", Ip6tables.UNKNOWN),
        ({"connection": "fd00::7 51000 fd00::11 22"}, "transport", Transport.IPV6),
        ({"connection": "fe80::7%eth0 51000 fe80::11%eth0 22"}, "transport", Transport.IPV6),
        ({"connection": "::ffff:10.0.0.7 51000 ::ffff:10.0.0.11 22"}, "transport", Transport.IPV4),
        ({"connection": "\n"}, "transport", None),
        ({"connection": "a b c d"}, "transport", None),
        (
            {"immutable": "no-apt\nread-only-root\nkairos\nostree\nnoise\n"},
            "immutable",
            (
                "it has no apt",
                "its root file system is mounted read-only",
                "it is a Kairos image",
                "it was booted from an OSTree image",
            ),
        ),
    ],
)
def test_facts(said: dict[str, str], fact: str, value: Any) -> None:
    assert getattr(read(**said), fact) == value


@pytest.mark.parametrize(("status", "variant"), [(127, Ip6tables.ABSENT), (1, Ip6tables.UNKNOWN)])
def test_a_failed_command_leaves_its_fact_empty(status: int, variant: Ip6tables) -> None:
    output = written({"ip6tables": "ip6tables: not found", "uname-r": "x"}, {"ip6tables": status, "uname-r": 1})
    host = parse_host("n1", output, SENTINEL)
    assert (host.ip6tables, host.uname_r) == (variant, "")


@pytest.mark.parametrize(
    ("sysctls", "off"),
    [
        (IPv6Sysctls(1, 1), True),
        (IPv6Sysctls(1, 0), True),
        (IPv6Sysctls(0, 1), False),
        (IPv6Sysctls(0, 0), False),
        (IPv6Sysctls(None, 1), None),
        (IPv6Sysctls(absent=True), True),
    ],
)
def test_ipv6_is_off_where_all_says_so(sysctls: IPv6Sysctls, off: bool | None) -> None:
    assert sysctls.off is off


@pytest.mark.parametrize("sentinel", ["", "short", "a" * 129, "k3Jx9TqVw0LmZ4R'", "k3Jx9TqVw0LmZ4R\n", "ü" * 20])
def test_a_sentinel_that_could_be_anything_else_is_refused(sentinel: str) -> None:
    with pytest.raises(ValueError, match="16 to 128 letters and digits"):
        reading_script(sentinel)


@pytest.mark.parametrize("shell", [["sh", "-c"], ["bash", "-c"], ["bash", "-x", "-c"], ["bash", "-v", "-c"]])
def test_the_script_reads_this_machine_in_any_shell(shell: list[str]) -> None:
    run = subprocess.run([*shell, reading_script(SENTINEL, seconds=2)], capture_output=True, text=True, check=False)
    host = parse_host("here", run.stdout, SENTINEL)
    assert host.uname_r == platform.release()
    assert host.boot_id
    assert host.distribution.id
    assert host.probe is not None


def test_the_probe_is_in_a_network_of_its_own_and_its_lock_leaves_no_file() -> None:
    script = reading_script(SENTINEL, seconds=7)
    assert script.startswith(f"mark={SENTINEL}; limit=7\n")
    assert 'XTABLES_LOCKFILE=/dev/null timeout -k 1 "$limit" unshare --net "$@"' in script
    for family, command in (("v4", "iptables"), ("v6", "ip6tables")):
        assert f"\nsection probe-{family} probe {command} {MARK_RULE}\n" in script
