"""The kernels that a host of the rig can have: names to boot under, and packages without a kernel in them.

`mark` is what the rig makes true of a kernel: whether ip6tables knows the target MARK while it is booted. It follows
what is known of Ubuntu's builds, not what the runbook's page says: 6.8.0-58 is on the page's list and has the cure
(LP 2104282), 6.8.0-56 is not on it and lacks the target (canonical/microk8s#4961); 5.15.0: LP 2091990.
"""

import re
from collections.abc import Iterable

import msgspec


class Kernel(msgspec.Struct, frozen=True):
    """One of Ubuntu's builds."""

    release: str  # as `uname -r` says it
    upload: int  # in the package's version and in `uname -v`; not in the release
    mark: bool

    @property
    def flavour(self) -> str:
        """Return the last part of the release, `generic`."""
        return self.release.rsplit("-", 1)[1]

    @property
    def version(self) -> str:
        """Return the version of its packages, `6.8.0-57.59`."""
        return f"{self.release.rsplit('-', 1)[0]}.{self.upload}"


KERNELS = {
    kernel.release: kernel
    for kernel in (
        Kernel("5.15.0-126-generic", 136, mark=True),
        Kernel("5.15.0-127-generic", 137, mark=False),
        Kernel("5.15.0-128-generic", 138, mark=False),
        Kernel("5.15.0-130-generic", 140, mark=True),
        Kernel("6.8.0-55-generic", 57, mark=True),
        Kernel("6.8.0-56-generic", 58, mark=False),
        Kernel("6.8.0-57-generic", 59, mark=False),
        Kernel("6.8.0-58-generic", 60, mark=True),
        Kernel("6.8.0-60-generic", 63, mark=True),
        Kernel("6.8.0-62-generic", 65, mark=True),
        Kernel("6.8.0-1022-oracle", 23, mark=False),
        Kernel("6.8.0-1024-oracle", 25, mark=True),
        Kernel("6.8.0-1026-aws", 28, mark=False),
        Kernel("6.8.0-1027-aws", 29, mark=True),
    )
}


def order(release: str) -> tuple[int, ...]:
    """Return what sorts releases by age, the newest last."""
    return tuple(int(number) for number in re.findall(r"\d+", release))


def newest(releases: Iterable[str]) -> str:
    """Return the newest of `releases`, as GRUB would list it first; empty where there is none."""
    return max(releases, key=order, default="")


def line(release: str) -> tuple[str, str]:
    """Return what releases that replace each other share: upstream's version and the flavour."""
    return release.split("-", 1)[0], release.rsplit("-", 1)[-1]


def has_mark(release: str) -> bool:
    """Tell whether ip6tables knows MARK under `release`; a kernel that the rig does not know has it."""
    return release not in KERNELS or KERNELS[release].mark


def uname_version(release: str) -> str:
    """Return what `uname -v` says under `release`."""
    upload = KERNELS[release].upload if release in KERNELS else 1
    return f"#{upload}-Ubuntu SMP PREEMPT_DYNAMIC Sat Mar 15 17:40:59 UTC 2025"


def proc_version(release: str) -> str:
    """Return what /proc/version says under `release`."""
    gcc = "x86_64-linux-gnu-gcc-13 (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0, GNU ld (GNU Binutils for Ubuntu) 2.42"
    return f"Linux version {release} (buildd@lcy02-amd64-040) ({gcc}) {uname_version(release)}"
