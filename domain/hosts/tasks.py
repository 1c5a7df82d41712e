"""What is done on a host, in one command each: POSIX shell scripts that start something, and that look how far it is.

apt and dpkg are never under a timeout that kills, nor under a connection that may break: they run detached, by
themselves, with their output and their end in files below /run, which a boot forgets. A task that runs already is not
started again, so what was interrupted is found again.
"""

from shlex import quote
from typing import Final

import msgspec

FOLDER: Final = "/run/packcheck"
SYSCTL_FILE: Final = "/etc/sysctl.d/90-packcheck-ipv6.conf"
KAIROS_FILE: Final = "/oem/90_packcheck_ipv6.yaml"
"""On Kairos /etc does not outlive a reboot, and /oem does (facts/hosts.md)."""

EVERY_INTERFACE: Final = "net.ipv6.conf.all.disable_ipv6"
TO_COME: Final = "net.ipv6.conf.default.disable_ipv6"

_ROOT: Final = r"""
PATH=$PATH:/usr/sbin:/sbin; LC_ALL=C; export PATH LC_ALL
if [ "$(id -u)" = 0 ]; then root=; else root='sudo -n'; fi
"""
_START: Final = r"""
at={at}
$root sh -s -- "$at" <<'PACKCHECK'
at=$1
if [ -s "$at/pid" ] && kill -0 "$(cat "$at/pid")" 2>/dev/null; then echo running; exit 0; fi
rm -rf "$at" && mkdir -p "$at" || exit 1
cat >"$at/task" <<'TASK'
{task}
TASK
setsid sh -c 'echo $$ >"$0/pid"; sh "$0/task" >"$0/log" 2>&1 </dev/null
    echo $? >"$0/status.part"; mv "$0/status.part" "$0/status"; rm -f "$0/pid"' "$at" >/dev/null 2>&1 </dev/null &
until [ -s "$at/pid" ] || [ -e "$at/status" ]; do sleep 0.05; done
echo started
PACKCHECK
"""
_POLL: Final = r"""
at={at}
$root sh -s -- "$at" <<'PACKCHECK'
at=$1
if [ -e "$at/status" ]; then echo "ended $(cat "$at/status")"
elif [ -s "$at/pid" ] && kill -0 "$(cat "$at/pid")" 2>/dev/null; then echo running
else echo gone; fi
tail -n 12 "$at/log" 2>/dev/null
PACKCHECK
"""
_NONINTERACTIVE: Final = "DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l"
_APT: Final = (
    "apt-get --yes --no-install-recommends --no-remove -o DPkg::Lock::Timeout=600 "
    "-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"
)


class Progress(msgspec.Struct, frozen=True):
    """How far a task is: its exit status once it has ended, whether it runs, and its last words."""

    status: int | None
    running: bool
    words: str


def start(name: str, task: str) -> str:
    """The script that starts a task under a name, or finds it running; `task` is shell, executed as root."""
    return _ROOT + _START.format(at=quote(f"{FOLDER}/{name}"), task=task)


def poll(name: str) -> str:
    """The script that looks how far a task is."""
    return _ROOT + _POLL.format(at=quote(f"{FOLDER}/{name}"))


def read_progress(output: str) -> Progress:
    """Read what `poll` wrote."""
    first, _, rest = output.strip().partition("\n")
    word, _, status = first.partition(" ")
    ended = int(status) if word == "ended" and status.isdigit() else None
    return Progress(ended, word == "running", " ".join(rest.split()))


def install(packages: tuple[str, ...]) -> str:
    """Install packages by apt, once what an earlier installation left half done is whole."""
    names = " ".join(map(quote, packages))
    return f"export {_NONINTERACTIVE}\ndpkg --configure -a && apt-get -q update && {_APT} install {names}"


def settle() -> str:
    """Have dpkg end what is half done."""
    return f"export {_NONINTERACTIVE}\ndpkg --configure -a"


def hold(packages: tuple[str, ...], *, held: bool = True) -> str:
    """Keep packages at their versions, or let go of them."""
    return f"apt-mark {'hold' if held else 'unhold'} {' '.join(map(quote, packages))}"


def reboot() -> str:
    """Reboot, once the command that started this has been answered."""
    return "sleep 1; if command -v systemctl >/dev/null; then systemctl reboot || reboot; else reboot; fi"


def ipv6_off(path: str) -> str:
    """Turn IPv6 off at once, and at every boot by a file of our own, which replaces nothing that is there."""
    text = _KAIROS if path == KAIROS_FILE else _SYSCTL
    name = quote(path)
    return (
        f"set -e\n[ ! -e {name} ]\ncat >{name}.part <<'FILE'\n{text}FILE\nmv {name}.part {name}\n"
        f"sysctl -w {EVERY_INTERFACE}=1 {TO_COME}=1"
    )


def ipv6_back(path: str, before: tuple[int, int]) -> str:
    """Take the file away, and set what was set before, for all interfaces and for those to come."""
    every, default = before
    return f"set -e\nrm -f {quote(path)}\nsysctl -w {EVERY_INTERFACE}={every} {TO_COME}={default}"


_SYSCTL: Final = (
    "# written by packcheck (disable-ipv6-sysctl): pair it with Calico's FELIX_IPV6SUPPORT=false\n"
    "net.ipv6.conf.all.disable_ipv6 = 1\nnet.ipv6.conf.default.disable_ipv6 = 1\n"
)
_KAIROS: Final = """# written by packcheck (disable-ipv6-sysctl): pair it with Calico's FELIX_IPV6SUPPORT=false
stages:
  boot:
    - name: disable-ipv6
      commands:
        - sysctl --write net.ipv6.conf.all.disable_ipv6=1
        - sysctl --write net.ipv6.conf.default.disable_ipv6=1
"""
