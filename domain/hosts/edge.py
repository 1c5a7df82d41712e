"""A host as its Palette edge bundle tells of it: no probe and no sysctl, but its boot's kernel and addresses.

Source: docs/facts/bundles.md, from spectrocloud/support-tools, support-bundle-edge.sh.
"""

import re
from collections.abc import Mapping
from typing import Final

from domain.hosts.facts import HostFacts, IPv6Sysctls
from domain.kernels import Distribution

HOSTNAME: Final = "systeminfo/hostname"
CMDLINE: Final = "systeminfo/cmdline"
OS_RELEASE: Final = "systeminfo/osrelease"
KERNEL_LOG: Final = "journald/dmesg"
BOOTS: Final = "journald/journal-boot"
ADDRESSES: Final = "networking/ipv6addrshow"
FILES: Final = (HOSTNAME, CMDLINE, OS_RELEASE, KERNEL_LOG, BOOTS, ADDRESSES)
SETTINGS: Final = re.compile(r"oem/[^/]+\.ya?ml|oem/userdata|run/stylus/userdata|usr/local/cloud-config/[^/]+")
"""Where the stages and user-data of a host lie."""

_BOOTED: Final = re.compile(r"Linux version ((\S+) .*?(#[0-9].*))$", re.MULTILINE)
_IMAGE: Final = re.compile(r"\bBOOT_IMAGE=\S*?vmlinuz-(\S+)")
_THIS_BOOT: Final = re.compile(
    r"^\s*0\s+([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\b", re.MULTILINE
)
_SET: Final = re.compile(r"^(?!\s*#).*\bdisable_ipv6\b.*$", re.MULTILINE)
_INTERFACE: Final = re.compile(r"^[0-9]+: \S+: <", re.MULTILINE)
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def edge_facts(name: str, texts: Mapping[str, str], settings: Mapping[str, str]) -> HostFacts:
    """Make a host's record of a bundle's files; what is not there, or says something else, leaves its fact empty.

    The kernel is the one whose log the journal kept of this boot; the image on the command line only where the log
    does not reach back so far.
    """
    cmdline = texts.get(CMDLINE, "").strip()
    booted = _BOOTED.search(texts.get(KERNEL_LOG, ""))
    image = _IMAGE.search(cmdline)
    boot = _THIS_BOOT.search(texts.get(BOOTS, ""))
    hostname = texts.get(HOSTNAME, "").strip()
    return HostFacts(
        name=name,
        source="a Palette edge bundle",
        boot_id="-".join(boot.groups()) if boot is not None else "",
        hostname=hostname if _NAME.fullmatch(hostname) else "",
        distribution=Distribution.from_os_release(texts.get(OS_RELEASE, "")),
        uname_r=booted[2] if booted is not None else image[1] if image is not None else "",
        uname_v=booted[3].strip() if booted is not None else "",
        proc_version=f"Linux version {booted[1].strip()}" if booted is not None else "",
        ipv6=_ipv6(cmdline, texts.get(ADDRESSES, "")),
        ipv6_set=tuple(f"{path}:{line.strip()}" for path, text in settings.items() for line in _SET.findall(text)),
        cmdline=cmdline,
    )


def _ipv6(cmdline: str, addresses: str) -> IPv6Sysctls:
    """Whether IPv6 is on, by the addresses: where it is, the loopback has one at least.

    `ipv6.disable=1` leaves the kernel without IPv6. Nothing listed proves nothing by itself: a command that was not
    there lists as little.
    """
    if "ipv6.disable=1" in cmdline.split():
        return IPv6Sysctls(absent=True)
    if "inet6 " in addresses:
        return IPv6Sysctls(all=0)
    if _INTERFACE.search(addresses) or "ipv6.disable_ipv6=1" in cmdline.split():
        return IPv6Sysctls(all=1)
    return IPv6Sysctls()
