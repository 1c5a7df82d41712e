"""What a host has installed and would boot: dpkg's words on its kernels, and GRUB's choice among them."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

_IMAGE: Final = re.compile(r"linux-image-(?:unsigned-)?([0-9]+\.[0-9]+\.[0-9]+-\S+)")
_VMLINUZ: Final = re.compile(r"vmlinuz-(\S+)")
_GRUB_DEFAULT: Final = re.compile(r"^\s*GRUB_DEFAULT=(.*)$", re.MULTILINE)
_GRUB_ENTRY: Final = re.compile(r"^(next_entry|saved_entry)=(.*)$", re.MULTILINE)
_RELEASE: Final = re.compile(
    r"([0-9]+\.[0-9]+\.[0-9]+-[0-9A-Za-z.~+]+(?:-[0-9A-Za-z.~+]+)*?)(?=-advanced|-recovery|['\")]|\s|$)"
)
_DIGITS: Final = re.compile(r"([0-9]+)")
_INSTALLED: Final = "i"
_HELD: Final = "h"
_WELL: Final = ("i", "n", "c")


class InstalledKernel(msgspec.Struct, frozen=True):
    """A kernel that dpkg has installed: its release, the package and that package's version."""

    release: str
    package: str
    version: str
    held: bool = False


class Packages(msgspec.Struct, frozen=True):
    """What dpkg says of the packages named linux-*: kernels, holds, and what is neither installed nor removed.

    `installed` are the names of all that are wholly there.
    """

    kernels: tuple[InstalledKernel, ...] = ()
    holds: tuple[str, ...] = ()
    half_configured: tuple[str, ...] = ()
    installed: tuple[str, ...] = ()


class NextBoot(msgspec.Struct, frozen=True):
    """What the host would boot next: `release` is None where GRUB's choice cannot be told from here.

    `newest` is the newest kernel in /boot, which GRUB's first entry boots; `grub_default` is GRUB_DEFAULT as written.
    """

    release: str | None = None
    newest: str | None = None
    grub_default: str | None = None


def read_packages(text: str) -> Packages:
    """Read dpkg-query's Status-Abbrev, Package and Version with tabs between them; other lines are passed over.

    The abbreviation's letters are what is wanted (i, h: hold, r, p), and what is (n, c, H, U, F, W, t, i).
    """
    kernels: list[InstalledKernel] = []
    holds: list[str] = []
    half: list[str] = []
    installed: list[str] = []
    for line in text.splitlines():
        status, _, rest = line.partition("\t")
        package, _, version = rest.partition("\t")
        if len(status.strip()) < 2 or not package:  # noqa: PLR2004  the abbreviation's first two letters
            continue
        wanted, state = status[0], status[1]
        if wanted == _HELD:
            holds.append(package)
        if state not in _WELL:
            half.append(package)
        if state == _INSTALLED:
            installed.append(package)
        image = _IMAGE.fullmatch(package)
        if image is not None and state == _INSTALLED:
            kernels.append(InstalledKernel(image[1], package, version.strip(), wanted == _HELD))
    return Packages(tuple(kernels), tuple(holds), tuple(half), tuple(installed))


def offered(text: str) -> tuple[str, ...]:
    """The names of the packages that `apt-cache search --names-only` lists, the oldest first."""
    names = {line.partition(" ")[0] for line in text.splitlines() if line.startswith("linux-")}
    return tuple(sorted(names, key=version_key))


def releases_of(packages: Iterable[str]) -> tuple[str, ...]:
    """The releases of the kernels whose images are among packages, the oldest first."""
    found = {match[1] for match in map(_IMAGE.fullmatch, packages) if match is not None}
    return tuple(sorted(found, key=version_key))


def next_boot(grub: str, saved: str, boot_files: str) -> NextBoot:
    """Say what a host would boot: from GRUB_DEFAULT's lines, `grub-editenv list` and the names in /boot.

    GRUB boots next_entry once where it is set, else GRUB_DEFAULT: 0 or nothing is its first entry, the newest kernel;
    `saved` is saved_entry; an entry that names a kernel is that one. Any other number or title is not told.
    """
    releases = [match[1] for match in map(_VMLINUZ.fullmatch, boot_files.split()) if match is not None]
    newest = max(releases, key=version_key, default=None)
    defaults = [value.strip().strip("\"'") for value in _GRUB_DEFAULT.findall(grub)]
    default = defaults[-1] if defaults else None
    entries = {key: value.strip() for key, value in _GRUB_ENTRY.findall(saved)}
    chosen = entries.get("next_entry") or (entries.get("saved_entry", "") if default == "saved" else default)
    if chosen in ("", "0", None):
        has_grub = bool(entries) or default is not None
        return NextBoot(newest if has_grub else None, newest, default)
    named = _RELEASE.findall(chosen)
    return NextBoot(named[-1] if named else None, newest, default)


def version_key(release: str) -> tuple[tuple[int, str], ...]:
    """Order releases as GRUB does, numbers by their worth: 6.8.0-60 after 6.8.0-9, and 6.11 after 6.8."""
    parts = enumerate(_DIGITS.split(release))
    return tuple((len(part.lstrip("0")) + 1, part.lstrip("0")) if index % 2 else (0, part) for index, part in parts)
