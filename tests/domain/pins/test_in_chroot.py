"""What is written into a RUN does what it is for: executed in a chroot, with apt and packages named as Ubuntu's are.

dracut and depmod are stand-ins: the packages hold no kernel for them to work on. They refuse a kernel that is not there.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.pins.dockerfile import instructions, stages
from domain.pins.dockerfiles import canvos, kairos
from tests.domain.pins.test_editing import edited
from tests.domain.pins.texts import CANVOS, CANVOS_OF_THE_PAGE, KAIROS, NEW, OLD, RUNBOOK_RUN
from tests.rigs.controlplane.errors import UnavailableError
from tests.rigs.hosts import base
from tests.rigs.hosts.kernels import KERNELS
from tests.rigs.hosts.lifecycle import Tier

SCRIPT = """\
set -eu
export DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
for release in /srv/kernels/*; do echo "deb [trusted=yes] file:$release ./"; done >/etc/apt/sources.list.d/kernels.list
install -m 755 /payload/dracut /payload/depmod /usr/sbin
apt-get -qq update
[ $# = 0 ] || apt-get -qq --yes --no-install-recommends install "$@"
rm -rf /var/lib/apt/lists/*
for run in /payload/run.*; do
    OS_DISTRIBUTION=$(cat /payload/distribution) sh -c "$(cat "$run")"
done
{
    readlink /boot/vmlinuz || echo none
    readlink /boot/initrd || echo none
    echo $(cd /boot && ls -d vmlinuz-* initrd-* 2>/dev/null)
    echo $(ls /lib/modules)
    echo $(dpkg-query --show --showformat '${db:Status-Status} ${Package}\\n' 'linux-*' | sed -n 's/^installed //p')
    cat /run/depmod 2>/dev/null || echo none
} >/payload/after
"""
DEPMOD = '#!/bin/sh\nset -e\n[ "$1" = --all ]\n[ -d "/lib/modules/$2/kernel" ]\necho "$2" >/run/depmod\n'
DRACUT = '#!/bin/sh\nset -e\n[ "$1" = --force ]\n[ -d "/lib/modules/$3/kernel" ]\necho "$3" >"$2"\n'
PAGE_FIXED = RUNBOOK_RUN.replace(OLD, NEW).removesuffix(" \\\n") + "\n"


@dataclass(frozen=True)
class After:
    """What the image holds once its RUNs were executed."""

    vmlinuz: str
    initrd: str
    boot: list[str]
    modules: list[str]
    packages: list[str]
    depmod: str


def build(tier: Tier, folder: Path, runs: Iterable[str], *installed: str, distribution: str = "ubuntu") -> After:
    """Execute RUNs as Docker does, in an image that has these packages."""
    assert tier.base is not None
    for number, run in enumerate(runs):
        (folder / f"run.{number}").write_text(run)
    for name, text in (("pin.sh", SCRIPT), ("dracut", DRACUT), ("depmod", DEPMOD), ("distribution", distribution)):
        (folder / name).write_text(text)
    name = f"pinned-{os.getpid()}-{folder.name}"
    try:
        base.grow(tier.base.layers, tier.base.cache, name, folder, "pin.sh", *installed)
    finally:
        for left in (name, f"{name}.part", f"{name}.part.work"):
            shutil.rmtree(tier.base.cache / left, ignore_errors=True)
    vmlinuz, initrd, boot, modules, packages, depmod = (folder / "after").read_text().splitlines()
    return After(vmlinuz, initrd, boot.split(), modules.split(), packages.split(), depmod)


def of_kernel(release: str, *parts: str) -> list[str]:
    return sorted(f"linux-{part}-{release}" for part in parts)


def shell_of(text: str) -> list[str]:
    """The bodies of a Dockerfile's RUNs, as the shell gets them."""
    return [
        one.code.strip().removeprefix("RUN")
        for one in instructions(text)
        if one.keyword == "RUN" and "linux-image" in one.code
    ]


OTHERS = [
    *(f"linux-{part}-{OLD}" for part in ("image", "modules", "modules-extra", "headers")),
    "linux-image-6.8.0-62-generic",
    f"linux-image-generic={KERNELS['6.8.0-62-generic'].version.replace('-', '.')}",
]


@pytest.mark.parametrize("text", [CANVOS, CANVOS_OF_THE_PAGE], ids=["below the marker", "in the page's place"])
@pytest.mark.parametrize(
    "installed", [OTHERS, of_kernel(NEW, "image", "modules-extra"), []], ids=["others", "it", "none"]
)
def test_canvos_image_has_the_pinned_kernel_alone_and_boots_it(
    text: str, installed: list[str], full_hosts_tier: Tier, tmp_path: Path
) -> None:
    after = build(full_hosts_tier, tmp_path, shell_of(edited(text, canvos)), *installed)
    kept = ["modules-extra"] if f"linux-modules-extra-{NEW}" in installed else []
    assert after.packages == of_kernel(NEW, "headers", "image", "modules", *kept)
    assert (after.vmlinuz, after.initrd) == (f"vmlinuz-{NEW}", f"initrd-{NEW}")
    assert after.boot == [f"initrd-{NEW}", f"vmlinuz-{NEW}"]
    assert after.modules == [NEW]
    assert after.depmod == NEW


def test_an_image_that_is_not_ubuntu_stays_as_it_is(full_hosts_tier: Tier, tmp_path: Path) -> None:
    after = build(full_hosts_tier, tmp_path, shell_of(edited(CANVOS, canvos)), *OTHERS[:1], distribution="rhel")
    assert after.packages == of_kernel(OLD, "image", "modules")
    assert after.boot == [f"vmlinuz-{OLD}"]
    assert after.depmod == "none"


def test_a_kernel_that_apt_does_not_have_fails_the_build(full_hosts_tier: Tier, tmp_path: Path) -> None:
    text = edited(CANVOS, canvos, "6.8.0-99-generic")
    with pytest.raises(UnavailableError, match=r"6\.8\.0-99-generic"):
        build(full_hosts_tier, tmp_path, shell_of(text))


def test_the_pages_own_run_leaves_other_kernels_with_ubuntus_awk(full_hosts_tier: Tier, tmp_path: Path) -> None:
    after = build(full_hosts_tier, tmp_path, [PAGE_FIXED.partition("RUN ")[2].replace("\\\n", "\n")], *OTHERS)
    assert set(of_kernel(OLD, "image", "modules")) < set(after.packages)


def test_a_kairos_stage_has_the_kernel_and_its_modules(full_hosts_tier: Tier, tmp_path: Path) -> None:
    text = edited(KAIROS, kairos)
    stage = next(one for one in stages(text)[1] if one.name == "kernel-ubuntu-24.04")
    runs = [one.code.strip().removeprefix("RUN") for one in stage.instructions if one.keyword == "RUN"]
    assert len(runs) == 3
    after = build(full_hosts_tier, tmp_path, runs)
    assert after.packages == of_kernel(NEW, "image", "modules", "modules-extra")
    assert after.boot == [f"vmlinuz-{NEW}"]
    assert after.vmlinuz == f"vmlinuz-{NEW}"
    assert after.modules == [NEW]
