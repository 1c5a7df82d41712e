"""What a host boots next: GRUB's own choice, read from the menu and the environment that its tools leave in /boot.

An entry is named by its number, its title or its id, one within a submenu by the way to it, `1>2`. The environment's
next_entry is for one boot. https://www.gnu.org/software/grub/manual/grub/html_node/default.html
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.rigs.hosts import kernels

ENTRY = re.compile(r"""(menuentry|submenu) '([^']*)'(?:.*\$menuentry_id_option '([^']*)')?""")
KERNEL = re.compile(r"linux\s+/boot/vmlinuz-(\S+)")
DEFAULT = re.compile(r'set default="([^"]*)"')
BLOCK = 1024  # the size of GRUB's environment, padded with #
HEADER = "# GRUB Environment Block"


@dataclass
class Entry:
    """One line of a menu, or a submenu with its own."""

    title: str
    id: str
    kernel: str = ""
    entries: list["Entry"] = field(default_factory=list)


def choose(root: Path) -> str:
    """Return the release that the host in `root` boots, empty where it has none, and use up its next_entry."""
    folder = root / "boot"
    menu = _menu(folder / "grub" / "grub.cfg")
    environment = _environment(folder / "grub" / "grubenv")
    once = environment.pop("next_entry", "")
    if once:
        with suppress(OSError):  # the disk is full; GRUB says so too and goes on
            _write(folder / "grub" / "grubenv", environment)
    for wanted in (once, _default(folder / "grub" / "grub.cfg", environment), "0"):
        found = _resolve(menu, wanted)
        if found and (folder / f"vmlinuz-{found}").exists():
            return found
    return kernels.newest(path.name.removeprefix("vmlinuz-") for path in folder.glob("vmlinuz-*"))


def _menu(path: Path) -> list[Entry]:
    top = Entry("", "")
    open_blocks: list[Entry] = [top]
    for line in path.read_text().splitlines() if path.exists() else ():
        stripped = line.strip()
        match = ENTRY.match(stripped)
        kernel = KERNEL.match(stripped)
        if match:
            entry = Entry(match[2], match[3] or "")
            open_blocks[-1].entries.append(entry)
            open_blocks.append(entry)
        elif stripped.endswith("{"):
            open_blocks.append(open_blocks[-1])
        elif stripped == "}":
            open_blocks.pop()
        elif kernel:
            open_blocks[-1].kernel = kernel[1]
    return top.entries


def _default(path: Path, environment: dict[str, str]) -> str:
    values = DEFAULT.findall(path.read_text()) if path.exists() else []
    wanted = values[-1] if values else ""
    return environment.get("saved_entry", "") if wanted == "${saved_entry}" else wanted


def _resolve(menu: list[Entry], wanted: str) -> str:
    entries = menu
    found: Entry | None = None
    for part in wanted.split(">") if wanted else ():
        number = int(part) if part.isdigit() else -1
        named = [entry for entry in entries if part in {entry.title, entry.id}]
        found = named[0] if named else entries[number] if 0 <= number < len(entries) else None
        if found is None:
            return ""
        entries = found.entries
    while found and found.entries:
        found = found.entries[0]
    return found.kernel if found else ""


def _environment(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines() if path.exists() else []
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def _write(path: Path, environment: dict[str, str]) -> None:
    lines = [HEADER, *(f"{key}={value}" for key, value in environment.items())]
    path.write_text("".join(f"{line}\n" for line in lines).ljust(BLOCK, "#"))
