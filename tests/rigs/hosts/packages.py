"""Debian packages named and built as Ubuntu's kernels are, each a few lines long: apt and dpkg cannot tell.

linux-image has /boot/vmlinuz and the scripts that make the initramfs, call for a reboot and write GRUB's menu;
linux-image-unsigned is its twin; linux-modules has System.map, config and the modules' folder, linux-modules-extra more
of them, linux-headers the sources. linux-image-<flavour> is the package that follows the newest one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.rigs.hosts.kernels import KERNELS, Kernel

RECIPE = Path(__file__).parent / "recipe" / "kernel"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
SCRIPTS = ("postinst", "postrm")


@dataclass(frozen=True)
class Package:
    """One package: fields of its control file, and what it installs."""

    name: str
    version: str
    fields: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)
    scripted: bool = False


def lay_out(folder: Path, machine: str) -> None:
    """Write all packages into `folder`, one folder for each kernel, as `dpkg-deb --build` takes them."""
    for kernel in KERNELS.values():
        for package in _packages(kernel):
            _write(folder / kernel.release / package.name, package, kernel.release, ARCHITECTURES.get(machine, machine))


def installed(release: str) -> list[str]:
    """Return the packages that a host with this kernel has."""
    names = ("linux-image", "linux-modules", "linux-modules-extra", "linux-headers")
    return [f"{name}-{release}" for name in names]


def following(kernel: Kernel) -> str:
    """Return the package that follows the newest of a flavour, as apt takes it: with the version that has `kernel`."""
    return f"linux-image-{kernel.flavour}={kernel.version.replace('-', '.')}"


def _packages(kernel: Kernel) -> Iterator[Package]:
    release, version = kernel.release, kernel.version
    modules = f"lib/modules/{release}"
    image = {f"boot/vmlinuz-{release}": f"no kernel {release}\n"}
    unsigned, signed = f"linux-image-unsigned-{release}", f"linux-image-{release}"
    depends = {"Depends": f"linux-modules-{release}", "Provides": "linux-image"}
    yield Package(signed, version, {**depends, "Conflicts": unsigned}, image, scripted=True)
    yield Package(unsigned, version, {**depends, "Conflicts": signed}, image, scripted=True)
    files = {
        f"boot/System.map-{release}": "ffffffffffffffff B the real one is in linux-image-<version>-dbg\n",
        f"boot/config-{release}": "CONFIG_IP6_NF_MANGLE=m\nCONFIG_NETFILTER_XT_MARK=m\n",
        f"{modules}/modules.builtin": "",
        f"{modules}/kernel/net/netfilter/xt_mark.ko.zst": "no module\n",
    }
    yield Package(f"linux-modules-{release}", version, {}, files)
    extra = {f"{modules}/kernel/net/netfilter/xt_NFLOG.ko.zst": "no module\n"}
    yield Package(f"linux-modules-extra-{release}", version, {"Depends": f"linux-modules-{release}"}, extra)
    headers = {f"usr/src/linux-headers-{release}/Makefile": "# no sources\n"}
    yield Package(f"linux-headers-{release}", version, {}, headers)
    yield Package(f"linux-image-{kernel.flavour}", version.replace("-", "."), {"Depends": signed})


def _write(folder: Path, package: Package, release: str, architecture: str) -> None:
    control = {
        "Package": package.name,
        "Version": package.version,
        "Architecture": architecture,
        "Section": "kernel",
        "Priority": "optional",
        "Maintainer": "packcheck's rig <rig@packcheck.invalid>",
        **package.fields,
        "Description": f"stands in for Ubuntu's {package.name}\n It holds no kernel.",
    }
    scripts = folder / "DEBIAN"
    scripts.mkdir(parents=True)
    (scripts / "control").write_text("".join(f"{key}: {value}\n" for key, value in control.items()))
    for script in SCRIPTS if package.scripted else ():
        path = scripts / script
        path.write_text((RECIPE / script).read_text().replace("@release@", release))
        path.chmod(0o755)
    for name, content in package.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
