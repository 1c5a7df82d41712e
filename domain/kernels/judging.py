"""What is known of a kernel by its name: the tables' words, weighed by whose kernel it is.

A version that no table has is undecided and never fine; the functional probe decides it (domain/kernels/probe.py).
Source of the rules: facts/kernel.md.
"""

import re
from typing import Final

from domain.kernels.distribution import Distribution
from domain.kernels.release import KernelRelease, Upstream, parse_release
from domain.kernels.tables import Kernels, branch, tables
from domain.kernels.ubuntu import UbuntuKernel, first_fixed, ubuntu_says
from domain.kernels.upstream import upstream_says
from domain.kernels.words import KernelVerdict, Says, State, Table, Word, spoken_first

WOULD_HELP: Final = "--hosts: the probe on the host itself decides"
"""What every undecided kernel wants."""

_UBUNTU_BUILD: Final = re.compile(r"#[0-9]+[^ ]*-Ubuntu\b")
_DEBIAN_BUILD: Final = re.compile(r"\bDebian ([0-9]{1,3})\.([0-9]{1,3})(?:\.([0-9]{1,4}))?(~rc)?[-~+0-9]")
_PROXMOX: Final = re.compile(r".*-pve")


def judge_kernel(release: str, distribution: Distribution, build: str = "") -> KernelVerdict:
    """Say what the tables have of a kernel: `uname -r`, whose it is, and `uname -v` where that is known.

    Never raises: text of no known form is undecided.
    """
    parsed = parse_release(release)
    ubuntu = UbuntuKernel.of(parsed)
    if parsed.mainline is not None:
        return _mainline(parsed, parsed.mainline, distribution, build)
    if ubuntu is not None and (ubuntu.of_ubuntu or distribution.kernels is Kernels.UBUNTU):
        return _ubuntu(parsed, ubuntu, distribution, build)
    if _PROXMOX.fullmatch(parsed.text):
        return _unknown(parsed.text, "a kernel of Proxmox' has patches of its own, and is in no table")
    if distribution.kernels is Kernels.DEBIAN:
        return _debian(parsed, distribution, build)
    if distribution.kernels is Kernels.UPSTREAM and parsed.upstream is not None:
        return _by_upstream(parsed.text, upstream_says(parsed.upstream), f"{distribution} keeps upstream's number")
    return _unknown(parsed.text, _in_no_table(distribution))


def _ubuntu(parsed: KernelRelease, kernel: UbuntuKernel, distribution: Distribution, build: str) -> KernelVerdict:
    """Weigh what the tables say of an Ubuntu kernel by whether it is one: the name alone makes it likely at most."""
    name, words = parsed.text, ubuntu_says(kernel, parsed.upstream)
    affected = any(word.says is Says.AFFECTED for word in words)
    clear = any(word.clear for word in words)
    fixed = first_fixed(words)
    said = "; ".join(word.clause for word in spoken_first(words))
    if distribution.kernels is Kernels.UBUNTU:
        if affected:
            return KernelVerdict(name, State.LISTED, f"{name} is listed as affected: {said}", words, fixed)
        if clear:
            return KernelVerdict(name, State.CLEAR, f"{name} is not affected: {said}", words)
        return _unknown(name, said, words, fixed)
    looks = f"a kernel of Ubuntu's by its name, on {distribution}"
    if affected:
        return KernelVerdict(name, State.LIKELY, f"{name} is likely affected, {looks}: {said}", words, fixed)
    if clear and _built_by_ubuntu(distribution, build):
        return KernelVerdict(name, State.CLEAR, f"{name} is not affected, {looks}: {said}", words)
    return _unknown(name, f"{looks}, which tells too little: {said}", words, fixed)


def _built_by_ubuntu(distribution: Distribution, build: str) -> bool:
    """Whether `uname -v` (`#59-Ubuntu SMP …`) or the image's name says that Ubuntu built the kernel."""
    return _UBUNTU_BUILD.search(build) is not None or distribution.names_ubuntu


def _mainline(parsed: KernelRelease, version: Upstream, distribution: Distribution, build: str) -> KernelVerdict:
    """A build of upstream's sources for Ubuntu: upstream's number counts, not the tables of Ubuntu's."""
    word = upstream_says(version)
    if word.clear and distribution.kernels is not Kernels.UBUNTU and not _built_by_ubuntu(distribution, build):
        too_little = f"a mainline build by its name, on {distribution}, which tells too little"
        return _unknown(parsed.text, too_little, (word,))
    return _by_upstream(parsed.text, word, f"a mainline build of upstream's {version}")


def _debian(parsed: KernelRelease, distribution: Distribution, build: str) -> KernelVerdict:
    """Debian's release carries an ABI; its version is in `uname -v`, or in the release where that has a patch level."""
    if not parsed.debian:
        return _unknown(parsed.text, f"not a kernel of {distribution} by its name, and in no table")
    version = _debian_version(parsed, build)
    word = upstream_says(version) if version is not None else None
    spared = _spared(parsed, distribution)
    if spared is not None and (word is None or word.says is not Says.AFFECTED):
        sentence = f"{parsed.text} is not affected: {spared.clause}"
        return KernelVerdict(parsed.text, State.CLEAR, sentence, (spared,))
    if word is None:
        return _unknown(parsed.text, "Debian's version of it is in `uname -v`, which is not known")
    return _by_upstream(parsed.text, word, f"Debian's version of it is {version}")


def _debian_version(parsed: KernelRelease, build: str) -> Upstream | None:
    match = _DEBIAN_BUILD.search(build)
    if match is not None:
        return Upstream(int(match[1]), int(match[2]), int(match[3] or 0), match[4] is not None)
    version = parsed.upstream
    return None if version is None or version.patch == 0 else version


def _spared(parsed: KernelRelease, distribution: Distribution) -> Word | None:
    """The row of a distribution's kernels that never had the fault, if this is one of them."""
    for row in tables().spared:
        same = (row.distribution, row.version_id) == (distribution.id, distribution.version_id)
        if same and parsed.upstream is not None and parsed.upstream.branch == branch(row.branch):
            return Word(Table.DISTRIBUTION, Says.BEFORE, row.says, (row.source,))
    return None


def _by_upstream(release: str, word: Word, why: str) -> KernelVerdict:
    """A verdict of upstream's table alone: likely at most, for distributions add patches."""
    if word.says is Says.AFFECTED:
        sentence = f"{release} is likely affected: {why}, and {word.clause}"
        return KernelVerdict(release, State.LIKELY, sentence, (word,), word.fixed)
    if word.clear:
        return KernelVerdict(release, State.CLEAR, f"{release} is not affected: {why}, and {word.clause}", (word,))
    return _unknown(release, f"{why}, and {word.clause}", (word,), word.fixed)


def _in_no_table(distribution: Distribution) -> str:
    if distribution.kernels is Kernels.OWN:
        return f"{distribution} puts patches of its own under a number that does not tell them, and is in no table"
    if distribution.kernels is Kernels.UNTOLD:
        return f"neither the kernel nor {distribution} is in a table"
    return f"not a kernel of {distribution} by its name, and in no table"


def _unknown(release: str, why: str, words: tuple[Word, ...] = (), fixed: str | None = None) -> KernelVerdict:
    name = release or "a kernel without a name"
    sentence = f"whether {name} is affected is not known: {why}"
    return KernelVerdict(release, State.UNKNOWN, sentence, words, fixed, WOULD_HELP)
