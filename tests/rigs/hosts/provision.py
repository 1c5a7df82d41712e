"""What makes one host of the layers that it shares: its name, its keys, its user's rights, and what it lacks."""

import os
import uuid
from pathlib import Path

from tests.rigs.hosts import sshfiles
from tests.rigs.hosts.spec import HostSpec

# Without KexAlgorithms they agree on sntrup761, which costs the client a tenth of a second of CPU for each connection.
SSHD = """Port 22
KexAlgorithms curve25519-sha256
LogLevel VERBOSE
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile /run/sshd.pid
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
PrintMotd no
PrintLastLog no
MaxStartups 200
SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games:/usr/local/games:/snap/bin
Subsystem sftp /usr/lib/openssh/sftp-server
"""
BANNER = "*** Authorised use only. All activity is monitored. ***"
RIGHTS = {
    "nopasswd": f"{sshfiles.USER} ALL=(ALL) NOPASSWD:ALL\n",
    "password": f"{sshfiles.USER} ALL=(ALL) ALL\n",
}
PYTHON = ("usr/bin/python3*", "usr/bin/py3*")
SUDO = ("usr/bin/sudo*",)
IPTABLES = ("usr/sbin/*tables*", "usr/local/sbin/ip6tables*", "etc/alternatives/*tables*")
APT = ("usr/bin/apt*", "usr/bin/dpkg*")


def provision(root: Path, spec: HostSpec, identity: Path) -> tuple[str, str]:
    """Furnish the host in `root` and return its machine-id and its public host key."""
    machine_id = spec.machine_id or uuid.uuid4().hex
    write(root / "etc/hostname", f"{spec.name}\n")
    write(root / "etc/hosts", f"127.0.0.1 localhost\n::1 localhost\n127.0.1.1 {spec.name}\n")  # or each sudo complains
    write(root / "etc/machine-id", f"{machine_id}\n")
    for old in (root / "etc/ssh").glob("ssh_host_*"):
        old.unlink()
    key = sshfiles.generate(root / "etc/ssh/ssh_host_ed25519_key", spec.name)
    home = root / "home" / sshfiles.USER
    owner = home.stat()
    (home / ".ssh").mkdir(mode=0o700)
    write(home / ".ssh/authorized_keys", identity.with_name(f"{identity.name}.pub").read_text(), mode=0o600)
    for path in (home / ".ssh", home / ".ssh/authorized_keys"):
        os.chown(path, owner.st_uid, owner.st_gid)
    if spec.sudo in RIGHTS:
        write(root / "etc/sudoers.d/ops", RIGHTS[spec.sudo], mode=0o440)
    lacking = [
        *(PYTHON if not spec.python else ()),
        *(SUDO if spec.sudo == "missing" else ()),
        *(IPTABLES if spec.probe == "absent" else ()),
        *(APT if spec.os == "kairos" else ()),
    ]
    for pattern in lacking:
        for path in root.glob(pattern):
            path.unlink()
    if spec.os == "kairos":
        (root / "oem").mkdir()
        write(root / "etc/kairos-release", (root / "etc/os-release").read_text())
    return machine_id, key


def configure(root: Path, spec: HostSpec) -> None:
    """Write what is read anew at each boot: sshd's configuration and the noise of its user's shell."""
    lines = [f"DenyUsers {sshfiles.USER}"] if spec.fault == "login-refused" else []
    if spec.forced_command:
        lines.append(f"ForceCommand {spec.forced_command}")
    if spec.noise == "banner":
        _change(root / "etc/issue.net", f"{BANNER}\n")
        lines.append("Banner /etc/issue.net")
    _change(root / "etc/ssh/sshd_config", SSHD + "".join(f"{line}\n" for line in lines))
    shell = root / "home" / sshfiles.USER / ".bashrc"
    noise = f"echo '{BANNER}'\n"
    _change(shell, (noise if spec.noise == "bashrc" else "") + shell.read_text().removeprefix(noise))


def _change(path: Path, text: str) -> None:
    """Write a file of the host's if it says something else: its disk may be full by now."""
    if path.read_text() != text:
        path.write_text(text)


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file of the host's with this mode."""
    path.unlink(missing_ok=True)  # it may be a link to somewhere else, and the layers' own is not to be written
    path.write_text(text)
    path.chmod(mode)
