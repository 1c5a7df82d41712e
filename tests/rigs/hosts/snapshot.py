"""What a host holds at a moment, to show that nothing changed it: its files, its settings, its packet filters.

Files are those of the overlay's upper folder, where everything that is written to the host's disk lands, whatever
wrote it, and those of /run; the rest is asked for within the host's namespaces, past sshd.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

Snapshot = Mapping[str, str]
OWN = "packcheck-rig"  # the rig's own folder in /run
QUESTIONS = {  # each is answered by lines
    "sysctl": "sysctl -a --pattern '^net.ipv[46]'",
    "iptables": "! command -v iptables-save >/dev/null || iptables-save | sed '/^#/d'",
    "ip6tables": "! command -v ip6tables-save >/dev/null || ip6tables-save | sed '/^#/d'",
    "links": "ip -oneline link; ip -oneline address; ip route; ip -6 route",
    "mounts": "cat /proc/mounts",
}


def take(upper: Path, run: Path, ask: Callable[[str], str]) -> Snapshot:
    """Return what each file and each setting is; `ask` answers a shell command within the host."""
    found = {f"disk:/{name}": what for name, what in _files(upper)}
    found |= {f"run:/{name}": what for name, what in _files(run) if name.split("/")[0] != OWN}
    for topic, question in QUESTIONS.items():
        found |= {f"{topic}:{line}": "yes" for line in ask(question).splitlines()}
    return found


def difference(before: Snapshot, after: Snapshot) -> list[str]:
    """Return a line for each change, `+` for what is new, `-` for what is gone, `~` for what is another."""
    lines = [f"- {name}" for name in before if name not in after]
    for name, what in after.items():
        if name not in before:
            lines.append(f"+ {name}")
        elif before[name] != what:
            lines.append(f"~ {name}: {before[name]} -> {what}")
    return sorted(lines)


def _files(top: Path) -> Iterator[tuple[str, str]]:
    for folder, folders, names in os.walk(top):
        for name in [*folders, *names]:
            path = Path(folder) / name
            yield str(path.relative_to(top)), _describe(path)


def _describe(path: Path) -> str:
    status = path.lstat()
    what = f"{stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid}"
    if stat.S_ISLNK(status.st_mode):
        return f"{what} to {path.readlink()}"
    if stat.S_ISREG(status.st_mode):
        return f"{what} {hashlib.sha256(path.read_bytes()).hexdigest()[:16]} at {status.st_mtime_ns}"
    return f"{what} at {status.st_mtime_ns}" if stat.S_ISDIR(status.st_mode) else what
