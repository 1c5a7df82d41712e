"""What the rig needs of the machine: the right to make namespaces, programs, and a mirror of Debian's packages.

Programs that are not there are installed with apt where this is root and there is an apt. The mirror is the one that
this machine's apt uses; PACKCHECK_DEBIAN_MIRROR names one where that is not Debian's.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping

from tests.rigs.controlplane.errors import UnavailableError
from tests.rigs.hosts.locks import cache_folder, lock

TO_RUN = {
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "ip": "iproute2",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "pivot_root": "util-linux",
    "mount": "mount",
}
TO_BUILD = {"debootstrap": "debootstrap", "cc": "gcc libc6-dev"}
MIRROR = "PACKCHECK_DEBIAN_MIRROR"
TRIAL = (  # the namespaces and mounts of a host; exits non-zero where one is not allowed
    "mount -t tmpfs tmpfs /mnt && mkdir /mnt/lower /mnt/upper /mnt/work /mnt/root && "
    "mount -t overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root && "
    "mount -t proc proc /mnt/root && ip link add name packcheck0 type bridge && "
    "ip link add name packcheck1 type veth peer name packcheck2"
)
SECONDS = 900


def environment() -> Mapping[str, str]:
    """Return an environment whose PATH has the system's folders too: users of `su` and cron lack them."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join([*folders, *(each for each in ("/usr/sbin", "/sbin") if each not in folders)])
    return {**os.environ, "PATH": path, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def check_machine(say: Callable[[str], None]) -> None:
    """Return if hosts can run here, having installed what they need; UnavailableError with the reason if not."""
    if not sys.platform.startswith("linux"):
        raise UnavailableError(f"hosts are Linux namespaces, and this is {sys.platform}")
    if os.geteuid():
        raise UnavailableError(f"it needs root, and this is uid {os.geteuid()}")
    install(TO_RUN, say)
    command = ["unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "sh", "-c", TRIAL]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    if done.returncode:
        raise UnavailableError(f"namespaces, overlays or links are not allowed here: {last_words(done.stderr)}")


def install(programs: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Install the packages of those `programs` that are missing; UnavailableError where that cannot be.

    One process at a time: apt-get update does not wait for another's lock.
    """
    if not missing(programs):
        return
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        with lock(cache_folder() / "apt.lock", say):
            _install(programs, say)
    except OSError as error:
        raise UnavailableError(f"the cache {cache_folder()} cannot be written: {error}") from error


def _install(programs: Mapping[str, str], say: Callable[[str], None]) -> None:
    absent = missing(programs)
    if not absent:
        return
    packages = sorted({package for name in absent for package in programs[name].split()})
    if os.geteuid() or not shutil.which("apt-get"):
        raise UnavailableError(f"{', '.join(absent)} missing; in Debian: {', '.join(packages)}")
    say(f"{', '.join(absent)} missing: installing {', '.join(packages)} with apt-get")
    wait = ["-o", "DPkg::Lock::Timeout=300"]
    apt(["update", "--quiet"])
    apt([*wait, "install", "--yes", "--quiet", "--no-install-recommends", *packages])
    absent = missing(programs)
    if absent:
        raise UnavailableError(f"{', '.join(absent)} missing after the installation of {', '.join(packages)}")


def missing(programs: Iterable[str]) -> list[str]:
    """Return those of `programs` that are in no folder of the PATH."""
    path = environment()["PATH"]
    return [name for name in programs if not shutil.which(name, path=path)]


def apt(arguments: list[str]) -> None:
    """Call apt-get; UnavailableError with its last words where it fails."""
    try:
        done = subprocess.run(
            ["apt-get", *arguments],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=environment(),
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"apt-get {arguments[0]} did not end within {SECONDS} s") from error
    if done.returncode:
        raise UnavailableError(f"apt-get {' '.join(arguments)} failed: {last_words(done.stderr or done.stdout)}")


def mirror() -> str:
    """Return the address of Debian's packages; UnavailableError where this machine knows none."""
    given = os.environ.get(MIRROR)
    if given:
        return given
    if not shutil.which("apt-get"):
        raise UnavailableError(f"no apt here that would know a mirror of Debian ({MIRROR} can name one)")
    found = _mirrors()
    if not found:
        apt(["update", "--quiet"])  # whose packages a source has is known only once its lists are there
        found = _mirrors()
    if not found:
        raise UnavailableError(f"apt's sources have no mirror of Debian's main packages ({MIRROR} can name one)")
    return found[0]


def proxy() -> Mapping[str, str]:
    """Return the variables of apt's own proxy for programs other than apt."""
    if not shutil.which("apt-config"):
        return {}
    command = ["apt-config", "dump", "--format", "%v%n", "Acquire::http::Proxy"]
    value = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return {"http_proxy": value} if value and value != "DIRECT" else {}


def _mirrors() -> list[str]:
    shown = "$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)"
    command = ["apt-get", "indextargets", "--format", shown, "Identifier: Packages"]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    prefix = "Debian|Debian|main|"
    return [line.removeprefix(prefix) for line in lines if line.startswith(prefix)]


def last_words(output: str) -> str:
    """Return the last line of `output` that says anything: what a failing command says last is mostly why."""
    lines = [each.strip() for each in output.splitlines() if each.strip()]
    return lines[-1] if lines else "it said nothing"
