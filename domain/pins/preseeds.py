"""MAAS' curtin preseeds: templates of Tempita's, not YAML, so that lines are looked at and nothing is parsed.

MAAS looks for curtin_userdata_<os>_<arch>_<subarch>_<name>, and the most specific one wins (facts/palette.md).
"""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from domain.artifacts import Artifact, Place
from domain.pins.dockerfiles import RELEASE
from domain.pins.records import Form, Pin, Pins, Remark

FOLDERS: Final = ("/var/snap/maas/current/preseeds/", "/etc/maas/preseeds/")
"""Where MAAS reads them: the snap, the Debian package."""

RUNBOOK_FOLDER: Final = "var/lib/snap/maas/current/preseeds"
"""What the runbook's page says instead; no other source has it (facts/palette.md)."""

TOP_KEY: Final = re.compile(r"^([A-Za-z_]+)[ \t]*:", re.MULTILINE)
PACKAGE: Final = re.compile(r"^([ \t]+package[ \t]*:[ \t]*)([\"']?)([^\s\"'#]+)\2[ \t]*(?:#.*)?\r?$", re.MULTILINE)
EXTRA: Final = re.compile(rf"linux-modules-extra-({RELEASE})")
_PINNED: Final = re.compile(rf"linux-image-(?:unsigned-)?({RELEASE})")


def section(text: str, name: str) -> tuple[int, int] | None:
    """The characters of a top-level key's section, its own line included; None where it is not there."""
    keys = list(TOP_KEY.finditer(text))
    for match, following in zip(keys, [*keys[1:], None], strict=True):
        if match[1] == name:
            return match.start(), following.start() if following else len(text)
    return None


def line_at(text: str, position: int) -> int:
    """The line of a character, from 1."""
    return text.count("\n", 0, position) + 1


def pins_of_preseed(artifact: Artifact, others: Iterable[Artifact]) -> Pins:
    """What a preseed installs; `others` are the preseeds beside it, of which a more specific one wins."""
    text, path = artifact.text, artifact.path
    kernel = section(text, "kernel")
    package = PACKAGE.search(text, *kernel) if kernel else None
    pinned = _PINNED.fullmatch(package[3]) if package else None
    remarks = [Remark(Place(path), said) for said in _shadowed(path, others)]
    if RUNBOOK_FOLDER in path:
        remarks.append(Remark(Place(path), f"MAAS reads its preseeds in {' or '.join(FOLDERS)}, not in this folder"))
    extras = [(m[1], line_at(text, m.start())) for m in EXTRA.finditer(_uncommented(text))]
    if package is None or pinned is None:
        line = line_at(text, package.start() if package else kernel[0] if kernel else 0)
        names = f"kernel.package is {package[3]}, which names no version" if package else "it names no kernel.package"
        says = f"{names}: the newest kernel of the day is installed"
        return Pins((Pin(place=Place(path, line), form=Form.PRESEED, kernel="", says=says),), (), tuple(remarks))
    place, release = Place(path, line_at(text, package.start())), pinned[1]
    pins = [Pin(place=place, form=Form.PRESEED, kernel=release, says=f"kernel.package is {package[3]}")]
    pins += [
        Pin(place=Place(path, line), form=Form.PRESEED, kernel=other, says=f"installs linux-modules-extra-{other}")
        for other, line in extras
        if other != release
    ]
    if not any(other == release for other, _ in extras):
        said = f"no late command installs linux-modules-extra-{release}: drivers and modules are missing without it"
        remarks.append(Remark(place, said))
    return Pins(tuple(pins), (), tuple(remarks))


def _uncommented(text: str) -> str:
    """The text with its comments blanked out, each character in its place."""
    return re.sub(r"^[ \t]*#.*$", lambda match: " " * len(match[0]), text, flags=re.MULTILINE)


def _shadowed(path: str, others: Iterable[Artifact]) -> list[str]:
    """Which files beside this one are more specific."""
    own = PurePosixPath(path)
    more = [o.path for o in others if PurePosixPath(o.path).parent == own.parent and o.path.startswith(f"{path}_")]
    return [
        f"{PurePosixPath(other).name} is more specific and wins where it fits: a pin belongs there too"
        for other in more
    ]
