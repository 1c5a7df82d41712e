r"""How a Dockerfile is edited so that it installs one kernel: names where there are some, else CanvOS' whole RUN.

What the runbook's page means is written, not what it prints: its RUN for CanvOS ends in a continuation that swallows
the next instruction, its awk pattern (`\s`) finds nothing with mawk, Ubuntu's own, and where it does find something
it purges linux-headers-6.8.0-60, on which the headers that it has just installed depend.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from domain.artifacts.recognising import CUSTOMIZATIONS
from domain.kernels import parse_release
from domain.pins.dockerfile import escape_of, settings, stages
from domain.pins.dockerfiles import marker, of_the_page
from domain.pins.packages import Package, Part, joined
from domain.pins.records import Form
from domain.pins.splicing import Splice, line_end
from domain.pins.spots import TOGETHER, Spot

_BLOCK: Final = r"""# Pin the kernel: install it, leave no other one in the image, and have the image boot it
RUN if [ "${OS_DISTRIBUTION}" = "ubuntu" ]; then \
        apt-get update && \
        apt-get install --yes --no-install-recommends @packages@ && \
        dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' \
            'linux-image-*' 'linux-headers-*' 'linux-modules-*' | \
            awk '$1 == "installed" && $2 !~ /-@pattern@$/ { print $2 }' | \
            xargs --no-run-if-empty apt-get purge --yes && \
        apt-get autoremove --yes && \
        rm --recursive --force /var/lib/apt/lists/* && \
        ln --symbolic --force "vmlinuz-@release@" /boot/vmlinuz && \
        depmod --all "@release@" && \
        dracut --force "/boot/initrd-@release@" "@release@" && \
        ln --symbolic --force "initrd-@release@" /boot/initrd; \
    fi
"""
_UNSAID: Final = re.compile(r"(?<=\n)(?:[ \t]*(?:#[^\n]*)?\r?\n)+\Z")
"""Blank lines and comments at the end of a text; the end of the line before them is not one of them."""

_QUOTES: Final = ("'", '"')


class NoEdit(ValueError):
    """Why a place is not edited; the text says what to do instead, where there is something."""


def pin_image(text: str, spot: Spot, release: str) -> tuple[Splice, ...]:
    """The edits after which a place of a Dockerfile installs `release`, and no other kernel. Raises NoEdit."""
    if of_the_page(text[spot.start : spot.end]):
        return (_rewritten(text, spot, release),)
    if spot.packages:
        _of_one_kind(spot)
        return (*_renamed(text, spot, release), *_together(text, spot, release), *_released(text, spot))
    if spot.form is not Form.CANVOS:
        raise NoEdit(f"{spot.what} installs no kernel of its own: what it is made from does")
    return (_inserted(text, release),)


def _of_one_kind(spot: Spot) -> None:
    """Raise NoEdit where kernels of several flavours or branches are installed: one cannot stand for all of them."""
    parsed = [parse_release(one) for one in spot.releases]
    if len({(one.base, one.flavour) for one in parsed}) > 1:
        names = " and ".join(spot.releases)
        raise NoEdit(f"{spot.what} installs {names} together: which of them the image is for is a person's to say")


def canvos_run(release: str) -> str:
    """The RUN that pins a kernel in CanvOS' Dockerfile."""
    parsed = parse_release(release)
    pattern = rf"{re.escape(f'{parsed.base}-{parsed.abi}')}(-{re.escape(parsed.flavour)})?".replace(r"\-", "-")
    names = " ".join(f'"linux-{part}-{release}"' for part in TOGETHER[Form.CANVOS])
    return _BLOCK.replace("@packages@", names).replace("@pattern@", pattern).replace("@release@", release)


def _rewritten(text: str, spot: Spot, release: str) -> Splice:
    """The page's own RUN by the correct one; what it has swallowed below it is an instruction of its own again."""
    swallowed = min(_lines(spot.remarks), default=None)
    end = spot.end if swallowed is None else _start_of(text, swallowed)
    last = end - len(text[spot.start : end]) + len(_UNSAID.sub("", text[spot.start : end]))
    said = canvos_run(release).partition("\n")[2].replace("\n", line_end(text))
    return Splice(spot.start, last, said)


def _inserted(text: str, release: str) -> Splice:
    below = marker(text)
    if below is None:
        raise NoEdit(f"it has no line `{CUSTOMIZATIONS}` to put it below")
    if escape_of(text) != "\\":
        raise NoEdit("its escape directive makes another character than the backslash continue a line")
    before, found = stages(text)
    declared = [
        s.name for one in (found[-1].instructions if found else before) if one.end <= below[0] for s in settings(one)
    ]
    if "OS_DISTRIBUTION" not in declared:
        raise NoEdit("it declares no ARG OS_DISTRIBUTION above that line, by which the RUN knows Ubuntu")
    end = line_end(text)
    block = canvos_run(release).replace("\n", end)
    return Splice(below[1], below[1], block if text[: below[1]].endswith("\n") else f"{end}{block}")


def _renamed(text: str, spot: Spot, release: str) -> Iterator[Splice]:
    """Every package of another kernel by the same package of this one, and that kernel's name wherever it stands."""
    for one in spot.packages:
        if one.open:
            raise NoEdit(one.open)
        if one.file and one.release != release:
            raise NoEdit(f"{one.name} is a file: which one has the package of {release} is not known here")
        if text[one.start : one.end].endswith("$"):
            raise NoEdit(f"{one.name} is computed while the image is built: name linux-{one.part}-{release} instead")
        if one.release != release:
            yield from _one_renamed(text, spot, one, release)
    whole = [one for one in spot.packages if _is_written_otherwise(text, one)]
    for old in {one.release for one in spot.packages if one.release and one.release != release}:
        for match in re.finditer(rf"(?<![\w.]){re.escape(old)}(?![\w-])", text[spot.start : spot.end]):
            start, end = match.start() + spot.start, match.end() + spot.start
            if not any(one.start <= start < one.end for one in whole):
                yield Splice(start, end, release)


def _one_renamed(text: str, spot: Spot, package: Package, release: str) -> Iterator[Splice]:
    if package.variables:
        yield from _variable(text, spot, package, release)
    elif _is_written_otherwise(text, package):
        yield Splice(package.start, package.end, f"linux-{package.part}-{release}")


def _is_written_otherwise(text: str, package: Package) -> bool:
    """Whether a package is named by something else than its part and its kernel: a metapackage, a version."""
    written = text[package.start : package.end]
    return not package.variables and written not in _names(package)


def _names(package: Package) -> tuple[str, str]:
    return f"linux-{package.part}-{package.release}", f"linux-{package.part}-unsigned-{package.release}"


def _variable(text: str, spot: Spot, package: Package, release: str) -> Iterator[Splice]:
    """The value of the variable that says which kernel it is, where that is all that it says."""
    if package.release and package.release in text[spot.start : spot.end]:
        return  # the shell's own variable: its value is renamed where it stands
    holding = [
        said for name in package.variables if (said := spot.settings.get(name)) and said.value == package.release
    ]
    if not holding:
        names = " and ".join(package.variables)
        raise NoEdit(f"{package.name} is put together from {names}: set these so that they come to {release}")
    yield Splice(holding[0].start, holding[0].end, release)


def _together(text: str, spot: Spot, release: str) -> Iterator[Splice]:
    """The packages that belong to the image's and are not installed with it."""
    there = {one.part for one in spot.packages}
    missing = [part for part in TOGETHER[spot.form] if part not in there]
    first = next((one for one in spot.kernels if one.part is Part.IMAGE), spot.kernels[0])
    quoted = text[first.start - 1] in _QUOTES and text[first.start - 1] == text[first.end : first.end + 1]
    quote = text[first.start - 1] if quoted else ""
    at = first.end + len(quote)
    prefix, written = f"linux-{first.part}-", text[first.start : first.end]
    said = written.removeprefix(prefix) if first.variables and written.startswith(prefix) else release
    between = ", " if quoted and joined(text[spot.start : spot.end]) else " "
    if missing:
        yield Splice(at, at, "".join(f"{between}{quote}linux-{part}-{said}{quote}" for part in missing))


def _released(text: str, spot: Spot) -> Iterator[Splice]:
    """The continuation that swallows the next instruction, taken away."""
    for line in _lines(spot.remarks):
        start = _start_of(text, line)
        above = text.rindex(escape_of(text), spot.start, start)
        yield Splice(len(text[:above].rstrip(" \t")), above + 1, "")


def _lines(remarks: Iterable[tuple[int, str]]) -> Iterator[int]:
    return (line for line, said in remarks if "continues it here" in said)


def _start_of(text: str, line: int) -> int:
    at = 0
    for _ in range(line - 1):
        at = text.index("\n", at) + 1
    return at
