"""Real hosts to log in to over SSH, for tests and for people: each has all that a machine has but a kernel of its own.

What packcheck reads and changes on a host goes through sshd, sudo, apt, dpkg, GRUB and iptables, so they are the real
ones, of Debian, in network, mount, UTS, IPC and PID namespaces over a file system of the host's own. A host says that
it is Ubuntu, and which kernel it has booted; it can be rebooted, from inside too, into what its GRUB would boot, and
has another boot id then. What cannot be had is a kernel without MARK for IPv6: while one is said to be booted the
host's `ip6tables` answers for it with the failure that was recorded.

From a shell as root, in the repository's folder:

    python -m tests.rigs.hosts up --dir DIR --hosts 4            prints ssh_config's path as its last line
    python -m tests.rigs.hosts up --dir DIR --host kernels=6.8.0-60-generic --host name=odd,sudo=password
    python -m tests.rigs.hosts join --dir DIR --controlplane DIR each host is a Node of that control plane from now on
    python -m tests.rigs.hosts status --dir DIR                  what runs
    ssh -F DIR/ssh_config h1                                     with sudo, as ops
    python -m tests.rigs.hosts power-cut --dir DIR h1            likewise: boot, freeze, thaw, fill-disk, empty-disk
    python -m tests.rigs.hosts configure --dir DIR h1 probe=sound
    python -m tests.rigs.hosts down --dir DIR                    ends them; their logs stay in DIR
    python -m tests.rigs.hosts build                             only makes the base

`spec.HostSpec` lists what can be asked of a host. The base is made once (a minute, 200 MB) with debootstrap into
``packcheck/hosts/`` of the user's cache, from the mirror that this machine's apt uses; what is missing for it is
installed with apt-get. Where that cannot be (no root, no namespaces, no mirror) there is a second tier: one
unprivileged sshd on the loopback as the current user, whose kernel is the machine's own.

What a host is not: its boot takes no time (`boot_seconds`), statically linked programs see the machine's kernel, /sys
and all of /proc/sys but the network's are read-only, there is no systemd, and it has no route out.

In tests, ask for the fixtures ``hosts`` or ``any_host`` (see ``plugin``).
"""

from tests.rigs.controlplane.errors import RigError, StartError, UnavailableError
from tests.rigs.hosts.audit import Command, Connection, Mark
from tests.rigs.hosts.rig import Host, HostRig
from tests.rigs.hosts.snapshot import difference
from tests.rigs.hosts.spec import HostSpec

__all__ = [
    "Command",
    "Connection",
    "Host",
    "HostRig",
    "HostSpec",
    "Mark",
    "RigError",
    "StartError",
    "UnavailableError",
    "difference",
]
