r"""The text that pins a kernel, in each place: what the runbook's page means, in a form that works.

Its example for CanvOS ends in `fi; \\`: a continuation that would swallow the instruction below it. Its packages are
kept: image and modules-extra for Kairos and MAAS; image, headers and modules for CanvOS.
"""

from typing import Final

from domain.kernels import ubuntu_package_names

LATE_COMMAND: Final = "extra_modules"
"""The name of the late command that installs the modules, as the runbook's page has it."""


def kairos_packages(kernel: str) -> str:
    """The packages of a Kairos stage; raises ValueError for a kernel that is none of Ubuntu's."""
    names = ubuntu_package_names(kernel)
    return f"{names.image} {names.modules_extra}"


def canvos_run(kernel: str) -> str:
    """The instruction for CanvOS' Dockerfile, which leaves no other kernel behind; raises ValueError likewise."""
    names = ubuntu_package_names(kernel)
    return f"""\
# The kernel is pinned to {kernel}: every other one is purged, and /boot leads to this one.
RUN if [ "${{OS_DISTRIBUTION}}" = "ubuntu" ]; then \\
        apt-get update && \\
        apt-get install --yes --no-install-recommends {names.image} {names.headers} {names.modules} && \\
        others=$(dpkg-query --show --showformat='${{binary:Package}}\\n' \\
            'linux-image-[0-9]*' 'linux-headers-[0-9]*' 'linux-modules-[0-9]*' 2>/dev/null \\
            | grep --invert-match --fixed-strings "{kernel}" || true) && \\
        if [ -n "${{others}}" ]; then echo "${{others}}" | xargs apt-get purge --yes; fi && \\
        apt-get autoremove --yes && \\
        rm --recursive --force /var/lib/apt/lists/* && \\
        ln --symbolic --force "vmlinuz-{kernel}" /boot/vmlinuz && \\
        dracut --force "/boot/initrd-{kernel}" "{kernel}" && \\
        ln --symbolic --force "initrd-{kernel}" /boot/initrd && \\
        depmod --all "{kernel}"; \\
    fi
"""


def preseed_package(kernel: str) -> str:
    """What kernel.package is; raises ValueError likewise."""
    return ubuntu_package_names(kernel).image


def preseed_late_command(kernel: str) -> str:
    """The late command that installs the modules; raises ValueError likewise."""
    extra = ubuntu_package_names(kernel).modules_extra
    return f'{LATE_COMMAND}: ["curtin", "in-target", "--", "apt-get", "install", "--yes", "{extra}"]'
