"""What is read of a host, in one command: a POSIX shell script that writes sections between markers.

One connection carries one command and its output, so the output must say itself where it begins and whether it is
whole. Each section stands between lines that hold a sentinel nobody else can know: a login banner, a forced command's
chatter, a shell that prints what it runs are outside the markers or no markers. It reads only: the probe's rule goes
into a network namespace that ends with it, and its lock is /dev/null, so that no file is left.
"""

import re
from typing import Final

SECTIONS: Final = (
    "machine-id",
    "boot-id",
    "hostname",
    "os-release",
    "uname-r",
    "uname-v",
    "proc-version",
    "packages",
    "grub-default",
    "grub-saved",
    "boot-files",
    "reboot-required",
    "ipv6",
    "ipv6-set",
    "cmdline",
    "ip6tables",
    "immutable",
    "tasks",
    "root",
    "connection",
    "probe-v4",
    "probe-v6",
)
"""The sections in the order in which the script writes them; the probe comes last, for it takes longest."""

MARK_RULE: Final = "-t mangle -A PREROUTING -j MARK --set-mark 0x40000/0xff0000"
_SENTINEL: Final = re.compile(r"[A-Za-z0-9]{16,128}")

_PREAMBLE: Final = r"""
PATH=$PATH:/usr/sbin:/sbin; LC_ALL=C; export PATH LC_ALL
if [ "$(id -u 2>/dev/null)" = 0 ]; then root=; else root='sudo -n'; fi
section() {
    name=$1; shift
    printf '\n%s begin %s\n' "$mark" "$name"
    "$@" </dev/null 2>/dev/null
    printf '\n%s end %s %s\n' "$mark" "$name" "$?"
}
first() { for file in "$@"; do if [ -e "$file" ]; then cat "$file"; return; fi; done; return 1; }
packages() { dpkg-query -W -f='${db:Status-Abbrev}\t${Package}\t${Version}\n' 'linux-*'; }
grub_default() { cat /etc/default/grub /etc/default/grub.d/*.cfg 2>/dev/null | grep '^[[:space:]]*GRUB_DEFAULT='; }
boot_files() { for file in /boot/vmlinuz*; do if [ -e "$file" ]; then echo "${file##*/}"; fi; done; }
reboot_required() { if [ -e /run/reboot-required ]; then echo required; fi; }
ipv6() {
    if [ ! -e /proc/sys/net/ipv6 ]; then echo absent; return; fi
    for at in all default; do echo "$at=$(cat /proc/sys/net/ipv6/conf/$at/disable_ipv6)"; done
}
tasks() {
    for at in /run/packcheck/*; do
        if [ -s "$at/pid" ] && [ -d "/proc/$(cat "$at/pid")" ]; then echo "${at##*/}"; fi
    done
}
root() { $root cat /proc/self/uid_map; }
ipv6_set() {
    grep -Hs 'disable_ipv6' /etc/sysctl.conf /etc/sysctl.d/*.conf /run/sysctl.d/*.conf /usr/lib/sysctl.d/*.conf \
        /oem/*.yaml /etc/cloud/cloud.cfg.d/*.cfg | grep -v ':[[:space:]]*[#;]'
    :
}
immutable() {
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || echo no-apt
    while read -r _ at _ options _; do if [ "$at" = / ]; then mounted=$options; fi; done </proc/mounts
    case ",$mounted," in *,ro,*) echo read-only-root ;; esac
    if [ -e /etc/kairos-release ] || grep -qs '^KAIROS_' /etc/os-release; then echo kairos; fi
    if [ -e /run/ostree-booted ]; then echo ostree; fi
    :
}
probe() { $root env XTABLES_LOCKFILE=/dev/null timeout -k 1 "$limit" unshare --net "$@" 2>&1; }
"""
_BODY: Final = """
section machine-id cat /etc/machine-id
section boot-id cat /proc/sys/kernel/random/boot_id
section hostname uname -n
section os-release first /etc/os-release /usr/lib/os-release
section uname-r uname -r
section uname-v uname -v
section proc-version cat /proc/version
section packages packages
section grub-default grub_default
section grub-saved grub-editenv list
section boot-files boot_files
section reboot-required reboot_required
section ipv6 ipv6
section ipv6-set ipv6_set
section cmdline cat /proc/cmdline
section ip6tables ip6tables --version
section immutable immutable
section tasks tasks
section root root
section connection echo "$SSH_CONNECTION"
"""
_END: Final = """printf '\\n%s done\\n' "$mark"
"""


def reading_script(sentinel: str, seconds: int = 5) -> str:
    """The script that reads a host, with its markers and the time that each half of the probe may take.

    Raises ValueError for a sentinel that is not 16 to 128 letters and digits: it goes into the script as it is.
    """
    if _SENTINEL.fullmatch(sentinel) is None:
        raise ValueError("a sentinel is 16 to 128 letters and digits")
    probes = "".join(
        f"section probe-{family} probe {command} {MARK_RULE}\n"
        for family, command in (("v4", "iptables"), ("v6", "ip6tables"))
    )
    return f"mark={sentinel}; limit={seconds}\n{_PREAMBLE.strip()}\n{_BODY.strip()}\n{probes}{_END}"
