"""What a kernel's release string says of itself: nothing is judged here, and no text whatever is refused.

`uname -r` and node.status.nodeInfo.kernelVersion say the same. Ubuntu's is `<base>-<ABI>-<flavour>`; the upload is not
in it (it is the `#59` of `uname -v`). Others begin with upstream's number, or carry one that means nothing
(facts/kernel.md, "Kernel strings").
"""

import re
from typing import Final

import msgspec

_UPSTREAM: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,3})\.([0-9]{1,4})(?:[-+_][A-Za-z0-9._+~-]*)?")
_UBUNTU: Final = re.compile(r"([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,4})-([1-9][0-9]{0,3})-([a-z][a-z0-9]*(?:-[a-z0-9]+)*)")
_MAINLINE: Final = re.compile(
    r"([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,4})-([0-9]{6})(rc[0-9]{1,2})?-(?:generic|lowlatency)(?:-64k|-lpae)?"
)
_CANDIDATE: Final = re.compile(r"(?<![a-z])rc[0-9]")
_DEBIAN: Final = re.compile(
    r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,4}(?:\+[a-z0-9.]+)?(?:-[a-z0-9.~]+)*?"
    r"-(?:amd64|arm64|armmp|armmp-lpae|686|686-pae|rpi|powerpc64le|ppc64el|riscv64|s390x|loong64|mips64r2el)(?:-16k)?"
)


class Upstream(msgspec.Struct, frozen=True):
    """Upstream's number: 6.11.4, or 6.12.0 and its release candidates."""

    major: int
    minor: int
    patch: int
    candidate: bool = False

    @property
    def branch(self) -> tuple[int, int]:
        """The stable branch, which compares as numbers: (6, 11)."""
        return (self.major, self.minor)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}{' (a release candidate)' if self.candidate else ''}"


class KernelRelease(msgspec.Struct, frozen=True):
    """A release string taken apart as far as its form goes; what is not in it is empty or None.

    `mainline` is upstream's number of a mainline build for Ubuntu (`6.8.0-060800-generic`), whose six digits repeat it.
    """

    text: str
    upstream: Upstream | None = None
    base: str = ""
    abi: int | None = None
    flavour: str = ""
    mainline: Upstream | None = None
    debian: bool = False


class PackageNames(msgspec.Struct, frozen=True):
    """Ubuntu's packages of one kernel: what must be installed together for a node to have all its modules."""

    image: str
    modules: str
    modules_extra: str
    headers: str


def parse_release(text: str) -> KernelRelease:
    """Take `uname -r` apart; text of no known form yields a record that says nothing but the text."""
    release = text.strip()
    mainline = _mainline(release)
    ubuntu = None if mainline else _UBUNTU.fullmatch(release)
    return KernelRelease(
        text=release,
        upstream=_upstream(release),
        base=ubuntu[1] if ubuntu else "",
        abi=int(ubuntu[2]) if ubuntu else None,
        flavour=ubuntu[3] if ubuntu else "",
        mainline=mainline,
        debian=_DEBIAN.fullmatch(release) is not None,
    )


def ubuntu_package_names(release: str) -> PackageNames:
    """Name the packages of an Ubuntu kernel, as `6.8.0-60-generic` names it.

    Raises ValueError for a release that is not of Ubuntu's form: such a name would be no package's.
    """
    text = release.strip()
    if _UBUNTU.fullmatch(text) is None:
        raise ValueError(f"{release!r} is no release of an Ubuntu kernel (<base>-<ABI>-<flavour>)")
    return PackageNames(*(f"linux-{part}-{text}" for part in ("image", "modules", "modules-extra", "headers")))


def _upstream(text: str) -> Upstream | None:
    match = _UPSTREAM.fullmatch(text)
    if match is None:
        return None
    return Upstream(int(match[1]), int(match[2]), int(match[3]), _CANDIDATE.search(text) is not None)


def _mainline(text: str) -> Upstream | None:
    """The number of a mainline build: its six digits are two each of major, minor and patch."""
    match = _MAINLINE.fullmatch(text)
    if match is None:
        return None
    major, minor, patch = int(match[1]), int(match[2]), int(match[3])
    if match[4] != f"{major:02}{minor:02}{patch:02}":
        return None
    return Upstream(major, minor, patch, match[5] is not None)
