"""The sshd of the second tier: this machine's, or Debian's unpacked into the cache, for installing takes root."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.rigs.controlplane.errors import UnavailableError
from tests.rigs.hosts import debian
from tests.rigs.hosts.locks import cache_folder, lock

DOWNLOADED = ("openssh-server", "libwrap0")  # the client has the other libraries


@dataclass(frozen=True)
class Server:
    """An sshd, and where its libraries are if it is not installed."""

    program: str
    library_path: str = ""


def obtain(say: Callable[[str], None]) -> Server:
    """Return this machine's sshd, or Debian's unpacked into the cache; UnavailableError without either."""
    absent = debian.missing(["ssh", "ssh-keygen"])
    if absent:
        raise UnavailableError(f"{', '.join(absent)} missing")
    installed = shutil.which("sshd", path=debian.environment()["PATH"])
    if os.geteuid() == 0 and not (_user_exists("sshd") and Path("/run/sshd").is_dir()):
        raise UnavailableError("root's own sshd needs the account sshd and /run/sshd (Debian: openssh-server)")
    if installed:
        return Server(installed)
    folder = cache_folder() / "sshd"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with lock(folder.with_suffix(".lock"), say):
            if not folder.is_dir():
                _unpack(folder, say)
    except OSError as error:
        raise UnavailableError(f"the cache {folder.parent} cannot be written: {error}") from error
    libraries = {str(path.parent) for path in folder.glob("**/*.so.*")}
    server = Server(str(folder / "usr/sbin/sshd"), os.pathsep.join(sorted(libraries)))
    done = subprocess.run([server.program, "-V"], env=environment(server), capture_output=True, text=True, check=False)
    if "OpenSSH" not in done.stderr:
        raise UnavailableError(f"Debian's sshd does not run here: {debian.last_words(done.stderr)}")
    return server


def _unpack(folder: Path, say: Callable[[str], None]) -> None:
    if not shutil.which("apt-get"):
        raise UnavailableError("sshd missing, and no apt to download it with")
    say(f"sshd missing: unpacking Debian's into {folder}")
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        done = subprocess.run(
            ["apt-get", "download", "--quiet", *DOWNLOADED], cwd=scratch, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise UnavailableError(f"sshd missing, and apt cannot download it: {debian.last_words(done.stderr)}")
        root = Path(scratch) / "root"
        for package in Path(scratch).glob("*.deb"):
            subprocess.run(["dpkg-deb", "--extract", package, root], check=True)
        root.rename(folder)


def environment(server: Server) -> Mapping[str, str]:
    """Return an environment that `server` runs in."""
    path = {"LD_LIBRARY_PATH": server.library_path} if server.library_path else {}
    return {**os.environ, **path}


def _user_exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
