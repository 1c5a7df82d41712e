"""A host as one command told of it: whose it is, what it runs, what it would boot, and what its ip6tables can do."""

import re
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from typing import Final

import msgspec

from domain.hosts.boot import NextBoot, Packages, next_boot, read_packages
from domain.hosts.sections import Section, sections
from domain.kernels import Distribution, ProbeResult

_VARIANT: Final = re.compile(r"ip6tables v[0-9][^ ]*(?: \((nf_tables|legacy)\))?")
_WHY_IMMUTABLE: Final = {
    "no-apt": "it has no apt",
    "read-only-root": "its root file system is mounted read-only",
    "kairos": "it is a Kairos image",
    "ostree": "it was booted from an OSTree image",
}
_WHOLE: Final = "4294967295"
"""How many users a namespace has that is none: root of a smaller one may do nothing to the host."""

_NO_MACHINE: Final = ("", "uninitialized")


class Ip6tables(StrEnum):
    """Which ip6tables a host has: the one over nf_tables, the legacy one, none, or one that does not tell."""

    NF_TABLES = "nf_tables"
    LEGACY = "legacy"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Transport(StrEnum):
    """The address family over which a host was reached."""

    IPV4 = "IPv4"
    IPV6 = "IPv6"


class IPv6Sysctls(msgspec.Struct, frozen=True):
    """The host's disable_ipv6 for `all` and `default`; None where not read, `absent` where the kernel has no IPv6."""

    all: int | None = None
    default: int | None = None
    absent: bool = False

    @property
    def off(self) -> bool | None:
        """Whether the operating system has IPv6 turned off.

        `all` reaches every interface there is and those to come; `default` alone only those to come.
        """
        if self.absent:
            return True
        return None if self.all is None else self.all == 1


class HostFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of one host; `name` is how it was asked for, `source` by what it was read.

    `machine_id` is empty where the host has none; `immutable` are the reasons why no package can be installed there;
    `root` is whether what was asked could be done as root, which is asked for by --sudo; `tasks` is what a run of
    packcheck has started there that goes on.
    """

    name: str
    source: str = "SSH"
    machine_id: str = ""
    boot_id: str = ""
    hostname: str = ""
    distribution: Distribution = Distribution()
    uname_r: str = ""
    uname_v: str = ""
    proc_version: str = ""
    packages: Packages = Packages()
    next_boot: NextBoot = NextBoot()
    reboot_required: bool = False
    ipv6: IPv6Sysctls = IPv6Sysctls()
    ipv6_set: tuple[str, ...] = ()
    cmdline: str = ""
    ip6tables: Ip6tables = Ip6tables.UNKNOWN
    probe: ProbeResult | None = None
    transport: Transport | None = None
    immutable: tuple[str, ...] = ()
    root: bool = False
    tasks: tuple[str, ...] = ()

    @property
    def kairos(self) -> bool:
        """Whether it is a Kairos image: what is to last there lies in /oem."""
        return _WHY_IMMUTABLE["kairos"] in self.immutable


def parse_host(name: str, output: str, sentinel: str) -> HostFacts:
    """Read what `reading_script(sentinel)` wrote on a host into its record.

    A command that failed leaves its fact empty; output that is not whole raises a HostOutputError that names the
    section.
    """
    said = sections(output, sentinel)
    machine_id = said["machine-id"].value.lower()
    grub = said["grub-default"].value
    return HostFacts(
        name=name,
        machine_id="" if machine_id in _NO_MACHINE else machine_id,
        boot_id=said["boot-id"].value.lower(),
        hostname=said["hostname"].value,
        distribution=Distribution.from_os_release(said["os-release"].value),
        uname_r=said["uname-r"].value,
        uname_v=said["uname-v"].value,
        proc_version=said["proc-version"].value,
        packages=read_packages(said["packages"].text),
        next_boot=next_boot(grub, said["grub-saved"].value, said["boot-files"].value),
        reboot_required=said["reboot-required"].value.startswith("required"),
        ipv6=_sysctls(said["ipv6"].value),
        ipv6_set=tuple(said["ipv6-set"].value.splitlines()),
        cmdline=said["cmdline"].value,
        ip6tables=_variant(said["ip6tables"]),
        probe=_probe(said),
        transport=_transport(said["connection"].value),
        tasks=tuple(said["tasks"].value.split()),
        root=_WHOLE in said["root"].value.split(),
        immutable=tuple(_WHY_IMMUTABLE[line] for line in said["immutable"].value.split() if line in _WHY_IMMUTABLE),
    )


def _sysctls(text: str) -> IPv6Sysctls:
    if text == "absent":
        return IPv6Sysctls(absent=True)
    values = dict(line.partition("=")[::2] for line in text.splitlines())
    numbers = {key: int(value) for key, value in values.items() if value in ("0", "1")}
    return IPv6Sysctls(numbers.get("all"), numbers.get("default"))


def _variant(section: Section) -> Ip6tables:
    """The variant that `ip6tables --version` names; before 1.8 there was only the legacy one, and it named none."""
    if section.status == 127:  # noqa: PLR2004  the shell's status for a command that is not there
        return Ip6tables.ABSENT
    match = _VARIANT.search(section.value)
    if match is None:
        return Ip6tables.UNKNOWN
    return Ip6tables(match[1]) if match[1] else Ip6tables.LEGACY


def _probe(said: Mapping[str, Section]) -> ProbeResult:
    v6, v4 = said["probe-v6"], said["probe-v4"]
    return ProbeResult(v6.status, v6.text.strip(), v4.status, v4.text.strip())


def _transport(connection: str) -> Transport | None:
    """The family of the host's own address in $SSH_CONNECTION; an IPv4 address within IPv6's notation is IPv4."""
    parts = connection.split()
    try:
        address = ip_address(parts[2])
    except (IndexError, ValueError):
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return Transport.IPV6
    return Transport.IPV4
