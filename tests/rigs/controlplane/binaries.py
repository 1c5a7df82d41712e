"""Where the control plane's programs come from: KUBEBUILDER_ASSETS, the user's cache, or a build into that cache.

The cache is keyed by go.mod and go.sum, so another version of Kubernetes is another folder, and a program arrives in
it by rename when it is whole: what lies there can be used without a lock. A lock keeps two processes from building.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rigs.controlplane.errors import UnavailableError
from tests.rigs.controlplane.toolchain import Toolchain, find_toolchain, last_words

RECIPE = Path(__file__).parent
PACKAGES = {
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    "kwok": "sigs.k8s.io/kwok/cmd/kwok",
}
GIGABYTE = 10**9
PROGRESS_SECONDS = 15.0


@dataclass(frozen=True)
class Binaries:
    """Each program's path, and in words how they were had."""

    paths: Mapping[str, Path]
    origin: str

    def __getitem__(self, name: str) -> Path:
        return self.paths[name]


def obtain(say: Callable[[str], None]) -> Binaries:
    """Return all programs, building what is missing; `say` gets the lines of progress.

    Raises UnavailableError with the reason where they cannot be had.
    """
    given = _given(say)
    folder = cache_folder() / key()
    missing = [name for name in PACKAGES if name not in given and not _runs(folder / name)]
    built = _build(missing, folder, say) if missing else ""
    origin = built or "reused"
    if given:
        origin += f", {', '.join(given)} from KUBEBUILDER_ASSETS"
    return Binaries({name: given.get(name, folder / name) for name in PACKAGES}, origin)


def cache_folder() -> Path:
    """Return packcheck's folder for control planes in the user's cache (XDG Base Directory Specification)."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(root) if Path(root).is_absolute() else Path.home() / ".cache") / "packcheck" / "controlplane"


def key() -> str:
    """Return what names a build: the pinned modules and the kind of machine."""
    pinned = hashlib.sha256((RECIPE / "go.mod").read_bytes() + (RECIPE / "go.sum").read_bytes())
    return f"{pinned.hexdigest()[:16]}-{sys.platform}-{platform.machine()}"


def _runs(program: Path) -> bool:
    return program.is_file() and os.access(program, os.X_OK)


def _given(say: Callable[[str], None]) -> dict[str, Path]:
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if not assets:
        return {}
    folder = Path(assets).absolute()
    if not folder.is_dir():
        raise UnavailableError(f"KUBEBUILDER_ASSETS={assets} is not a folder")
    given = {name: folder / name for name in PACKAGES if _runs(folder / name)}
    absent = [name for name in PACKAGES if name not in given]
    if absent:
        say(f"KUBEBUILDER_ASSETS={assets} has no {', '.join(absent)}: taken from packcheck's own build")
    return given


def _build(missing: list[str], folder: Path, say: Callable[[str], None]) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder.with_suffix(".lock"), say):
            missing = [name for name in missing if not _runs(folder / name)]
            return _build_locked(missing, folder, say) if missing else ""
    except OSError as error:
        raise UnavailableError(f"the cache {folder.parent} cannot be written: {error}") from error


@contextmanager
def _lock(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another process is building the control plane (it holds {path}): waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build_locked(missing: list[str], folder: Path, say: Callable[[str], None]) -> str:
    started = time.monotonic()
    toolchain = find_toolchain(folder.parent, say)
    needed = 6 * GIGABYTE if toolchain.scratch else GIGABYTE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise UnavailableError(
            f"no space: {folder} has {free / GIGABYTE:.1f} GB free, the build takes {needed // GIGABYTE} GB"
        )
    say(f"building {', '.join(missing)} with {toolchain.version} into {folder} (all: 8 minutes on 2 cores)")
    for left in folder.glob("building-*"):
        shutil.rmtree(left, ignore_errors=True)  # of a build that was killed; the lock says that none runs now
    with tempfile.TemporaryDirectory(prefix="building-", dir=folder) as scratch:
        for name in missing:
            _go_build(toolchain, name, Path(scratch) / name, say)
        for name in missing:
            (Path(scratch) / name).replace(folder / name)
    if toolchain.scratch:
        shutil.rmtree(toolchain.scratch, ignore_errors=True)
    seconds = time.monotonic() - started
    say(f"the control plane's programs are built: {seconds:.0f} s")
    return f"built in {seconds:.0f} s"


def _go_build(toolchain: Toolchain, name: str, output: Path, say: Callable[[str], None]) -> None:
    """Build one program; its version is stamped in, or kubectl and Helm fail on `v0.0.0-master+$Format:%H$`."""
    version = _kubernetes_version()
    stamps = [
        f"-X {package}/version.gitVersion={version}" for package in ("k8s.io/component-base", "k8s.io/client-go/pkg")
    ]
    flags = ["-mod=readonly", "-buildvcs=false", "-v", "-ldflags", " ".join(["-s", "-w", *stamps])]
    command = [str(toolchain.go), "build", *flags, "-o", str(output), PACKAGES[name]]
    started = said = time.monotonic()
    lines: list[str] = []
    with subprocess.Popen(
        command, cwd=RECIPE, env=toolchain.environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stderr or ():
            lines.append(line)
            if time.monotonic() - said > PROGRESS_SECONDS:
                said = time.monotonic()
                say(f"building {name}: {said - started:.0f} s, {len(lines)} packages")
    if process.returncode:
        raise UnavailableError(f"go build of {name} failed: {last_words(''.join(lines))}")


def _kubernetes_version() -> str:
    for line in (RECIPE / "go.mod").read_text().splitlines():
        match line.split():
            case ["k8s.io/kubernetes", version, *_]:
                return version
    raise UnavailableError("go.mod names no k8s.io/kubernetes")
