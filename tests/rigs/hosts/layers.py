"""What hosts with the same distribution and the same kernels share over the base: made once, in the user's cache.

apt installs the kernels from the rig's own packages, so dpkg's database, /boot and GRUB's menu are as it leaves them.
"""

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.rigs.hosts import kernels, packages
from tests.rigs.hosts.base import RECIPE, Base, grow
from tests.rigs.hosts.distributions import DISTRIBUTIONS
from tests.rigs.hosts.locks import lock
from tests.rigs.hosts.spec import HostSpec, offers

SCRIPT = "kernels.sh"


def layers(base: Base, spec: HostSpec, say: Callable[[str], None]) -> tuple[str, ...]:
    """Return the layers of a host, topmost first, as folders of the base's cache; UnavailableError if apt fails."""
    distribution = DISTRIBUTIONS[spec.os]
    wanted = repr((distribution, _installed(spec), offers(spec), base.layers))
    name = f"kernels-{hashlib.sha256(wanted.encode()).hexdigest()[:16]}"
    if not (base.cache / name).is_dir():
        with lock(base.cache / f"{name}.lock", say):
            if not (base.cache / name).is_dir():
                _make(base, spec, name)
    return (name, *base.layers)


def _make(base: Base, spec: HostSpec, name: str) -> None:
    distribution = DISTRIBUTIONS[spec.os]
    with tempfile.TemporaryDirectory(prefix="payload-", dir=base.cache) as scratch:
        payload = Path(scratch)
        (payload / SCRIPT).write_bytes((RECIPE / SCRIPT).read_bytes())
        (payload / "os-release").write_text(distribution.os_release)
        (payload / "lsb-release").write_text(distribution.lsb_release)
        (payload / "installs.list").write_text(_sources(spec.kernels))
        (payload / "offers.list").write_text(_sources(offers(spec)))
        grow(base.layers, base.cache, name, payload, SCRIPT, *_installed(spec))


def _sources(releases: tuple[str, ...]) -> str:
    return "".join(f"deb [trusted=yes] file:/srv/kernels/{release} ./\n" for release in releases)


def _installed(spec: HostSpec) -> list[str]:
    """Return the packages of each kernel, oldest first as they came; then those that follow each flavour's newest."""
    wanted = [" ".join(packages.installed(release)) for release in sorted(spec.kernels, key=kernels.order)]
    followed = {kernels.KERNELS[release].flavour: release for release in sorted(spec.kernels, key=kernels.order)}
    return [*wanted, *(packages.following(kernels.KERNELS[release]) for release in followed.values())]
