"""The root file system that all hosts share, made once in the user's cache: Debian's packages, and the rig's layer.

Two folders, because they change at different times: `debian-<key>` is what debootstrap makes (a minute, 250 MB),
`rig-<key>` is an overlay's upper folder over it with the rig's programs, its user and the packages of kernels
(seconds). Each arrives by rename when it is whole, so what lies there can be used without a lock; a lock keeps two
processes from building.
"""

import hashlib
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.rigs.controlplane.errors import UnavailableError
from tests.rigs.hosts import debian, packages, processes
from tests.rigs.hosts.kernels import KERNELS
from tests.rigs.hosts.locks import cache_folder, lock

RECIPE = Path(__file__).parent / "recipe"
SUITE = "bookworm"
PACKAGES = ("openssh-server", "sudo", "iptables", "iproute2", "procps", "python3-minimal", "grub2-common")
PROGRAMS = {
    "shell": ["shell.c"],
    "init": ["init.c"],
    "power": ["power.c"],
    "libuname.so": ["-shared", "-fPIC", "uname.c"],
}
GIGABYTE = 10**9
PROGRESS_SECONDS = 15.0


@dataclass(frozen=True)
class Base:
    """The layers of an overlay's lowerdir, topmost first, as folders of `cache`; and in words how they were had."""

    cache: Path
    layers: tuple[str, ...]
    origin: str


def obtain(say: Callable[[str], None]) -> Base:
    """Return the base, building what is missing; `say` gets the lines of progress.

    Raises UnavailableError with the reason where hosts cannot be had on this machine.
    """
    debian.check_machine(say)
    started = time.monotonic()
    cache, system, rig = cache_folder(), _system_key(), _rig_key()
    built = False
    try:
        cache.mkdir(parents=True, exist_ok=True)
        if not (cache / system).is_dir():
            with lock(cache / f"{system}.lock", say):
                built = _debootstrap(cache, system, say)
        if not (cache / rig).is_dir():
            with lock(cache / f"{rig}.lock", say):
                built = _furnish(cache, system, rig, say) or built
    except OSError as error:
        raise UnavailableError(f"the cache {cache} cannot be written: {error}") from error
    seconds = time.monotonic() - started
    return Base(cache, (rig, system), f"built in {seconds:.0f} s" if built else "reused")


def grow(base_layers: tuple[str, ...], cache: Path, name: str, payload: Path, script: str, *arguments: str) -> None:
    """Make the folder `name` of `cache` of what `script`, a file of `payload`, changes in a chroot of the layers."""
    part = f"{name}.part"
    for left in (cache / part, cache / f"{part}.work"):  # of a build that was killed; its mounts went with it
        shutil.rmtree(left, ignore_errors=True)
    command = ["unshare", "--mount", "sh", str(RECIPE / "layer.sh"), ":".join(base_layers), part, str(payload), script]
    done = subprocess.run(
        [*command, *arguments],
        cwd=cache,
        env=debian.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UnavailableError(f"{script} failed in the hosts' base: {debian.last_words(done.stderr or done.stdout)}")
    (cache / part).rename(cache / name)


def _system_key() -> str:
    wanted = hashlib.sha256(" ".join((SUITE, *PACKAGES)).encode())
    return f"debian-{wanted.hexdigest()[:16]}-{platform.machine()}"


def _rig_key() -> str:
    recipe = hashlib.sha256(_system_key().encode() + repr(sorted(KERNELS.items())).encode())
    for path in sorted([*RECIPE.rglob("*"), Path(packages.__file__)]):
        if path.is_file() and path.name != "boot.sh":  # which is not in it
            recipe.update(path.name.encode() + path.read_bytes())
    return f"rig-{recipe.hexdigest()[:16]}-{platform.machine()}"


def _debootstrap(cache: Path, name: str, say: Callable[[str], None]) -> bool:
    if (cache / name).is_dir():
        return False
    debian.install(debian.TO_BUILD, say)
    free = shutil.disk_usage(cache).free
    if free < GIGABYTE:
        raise UnavailableError(f"no space: {cache} has {free / GIGABYTE:.1f} GB free, the hosts' base takes 1 GB")
    part, log = cache / f"{name}.part", cache / f"{name}.log"
    shutil.rmtree(part, ignore_errors=True)
    say(f"making the hosts' base in {cache}: {SUITE} with debootstrap, once, some 80 s")
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(part)]
    started = said = time.monotonic()
    last = ""
    with (
        log.open("w") as written,
        subprocess.Popen(
            [*command, debian.mirror()],
            env={**debian.proxy(), **debian.environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=processes.ending_with_parent(),  # noqa: PLW1509 - the lock goes with this process
        ) as process,
    ):
        for line in process.stdout or ():
            written.write(line)
            last = line.strip() or last
            if time.monotonic() - said > PROGRESS_SECONDS:
                said = time.monotonic()
                say(f"debootstrap, {said - started:.0f} s: {last.removeprefix('I: ')}")
    if process.returncode:
        raise UnavailableError(f"debootstrap failed: {last} ({log})")
    for needless in ("var/cache/apt", "usr/share/doc", "usr/share/locale", "usr/share/man", "usr/share/info"):
        shutil.rmtree(part / needless)
        (part / needless).mkdir()
    part.rename(cache / name)
    return True


def _furnish(cache: Path, system: str, name: str, say: Callable[[str], None]) -> bool:
    if (cache / name).is_dir():
        return False
    debian.install(debian.TO_BUILD, say)
    say("furnishing the hosts' base: its programs, its user, its packages of kernels")
    with tempfile.TemporaryDirectory(prefix="payload-", dir=cache) as scratch:
        payload = Path(scratch) / "payload"
        shutil.copytree(RECIPE, payload)
        for program, arguments in PROGRAMS.items():
            _compile([*arguments, "-o", str(payload / program)])
        packages.lay_out(payload / "packages", platform.machine())
        grow((system,), cache, name, payload, "furnish.sh")
    return True


def _compile(arguments: list[str]) -> None:
    command = ["cc", "-O2", "-Wall", *arguments]
    done = subprocess.run(command, cwd=RECIPE, capture_output=True, text=True, check=False, env=debian.environment())
    if done.returncode:
        raise UnavailableError(f"{' '.join(command)} failed: {debian.last_words(done.stderr)}")
