"""What a test or a person can ask of one host: its kernels, and everything that can be wrong with it.

The defaults are a healthy Ubuntu 24.04 that lacks only what this project is about: its kernel has no MARK for IPv6.
"""

from typing import Literal

import msgspec

from tests.rigs.controlplane.errors import RigError
from tests.rigs.hosts import kernels as known

Os = Literal["ubuntu-24.04", "ubuntu-22.04", "debian-12", "kairos"]
Fault = Literal[
    "none",
    "unresolvable",  # ssh_config names an address that has no name: "Could not resolve hostname"
    "no-route",  # it is not powered on, nobody answers for its address
    "refused",  # it runs and sshd does not
    "times-out",  # its packet filter drops what is meant for sshd
    "no-banner",  # connections are accepted, and nothing is ever said
    "unknown-key",  # known_hosts does not have it
    "changed-key",  # known_hosts has another key for it
    "login-refused",  # the user is not let in
]
MOST = 240  # they share a /24
LIVE = ("probe", "freeze_on", "comes_back", "boot_seconds", "initramfs_seconds")
AT_BOOT = ("fault", "noise", "forced_command")  # those faults that are in ssh's files act at once


class HostSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One host as it is to be."""

    name: str = ""  # h1, h2, … where it is not given
    os: Os = "ubuntu-24.04"
    kernels: tuple[str, ...] = ("6.8.0-57-generic",)  # installed; those of tests.rigs.hosts.kernels
    running: str = ""  # booted at the start, installed or not; where not given, what GRUB would boot
    offers: tuple[str, ...] | None = None  # what apt has for it; where not given, all that replace an installed one
    probe: Literal["auto", "broken", "sound", "absent"] = (
        "auto"  # ip6tables and MARK; auto: as the booted kernel has it
    )
    sudo: Literal["nopasswd", "password", "denied", "missing"] = "nopasswd"
    python: bool = True
    noise: Literal["none", "banner", "bashrc"] = "none"  # bashrc: words on the standard output of each command
    forced_command: str = ""  # sshd executes this, whatever is asked
    fault: Fault = "none"
    disk: Literal["roomy", "full"] = "roomy"
    freeze_on: str = ""  # a command that contains this stops all its processes, in mid-command
    comes_back: bool = True  # from a reboot
    boot_seconds: float = 0.0  # how long it is gone in a reboot
    initramfs_seconds: float = 0.0  # how long the installation of a kernel takes
    machine_id: str = ""  # a new one where it is not given; twice the same is a clone
    control_plane: bool = False  # its Node's role
    labels: dict[str, str] = {}  # its Node's


def numbered(specs: tuple[HostSpec, ...]) -> tuple[HostSpec, ...]:
    """Return `specs` with a name each; RigError for one that makes no host, naming what it would need."""
    named = tuple(
        spec if spec.name else msgspec.structs.replace(spec, name=f"h{number}") for number, spec in enumerate(specs, 1)
    )
    names = [spec.name for spec in named]
    if len(named) > MOST:
        raise RigError(f"a rig has at most {MOST} hosts, not {len(named)}")
    for spec in named:
        _check(spec)
        if names.count(spec.name) > 1:
            raise RigError(f"two hosts are named {spec.name}")
    return named


def offers(spec: HostSpec) -> tuple[str, ...]:
    """Return the kernels that apt on this host knows of."""
    if spec.offers is not None:
        return spec.offers
    lines = {known.line(release) for release in spec.kernels}
    return tuple(release for release in known.KERNELS if known.line(release) in lines)


def changed(spec: HostSpec, changes: dict[str, object]) -> HostSpec:
    """Return `spec` with `changes`; RigError for what is decided when a host is made."""
    fixed = sorted(set(changes) - {*LIVE, *AT_BOOT})
    if fixed:
        raise RigError(f"{', '.join(fixed)} cannot change while {spec.name} is; {', '.join(LIVE + AT_BOOT)} can")
    try:
        new = msgspec.convert({**msgspec.to_builtins(spec), **changes}, HostSpec, strict=False)
    except msgspec.ValidationError as error:
        raise RigError(f"{spec.name}: {error}") from error
    _check(new)
    if "absent" in {spec.probe, new.probe} and spec.probe != new.probe:
        raise RigError(f"{spec.name}: whether there is an ip6tables is decided when the host is made")
    return new


def _check(spec: HostSpec) -> None:
    unknown = sorted({*spec.kernels, *offers(spec)} - set(known.KERNELS))
    if unknown:
        raise RigError(f"{spec.name}: no packages of {', '.join(unknown)}; there are {', '.join(known.KERNELS)}")
    if not spec.kernels and not spec.running:
        raise RigError(f"{spec.name}: neither kernels nor a running one")
    if not spec.name.replace("-", "").isalnum() or not spec.name.isascii() or not spec.name[0].isalnum():
        raise RigError(f"{spec.name!r} is no host name")
