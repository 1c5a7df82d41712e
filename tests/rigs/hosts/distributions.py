"""What a host's os-release says: Debian is what it is made of, and Debian never had the bug."""

import msgspec

from tests.rigs.hosts.spec import Os


class Distribution(msgspec.Struct, frozen=True):
    """The files by which programs tell a distribution, and what kubelet makes of them."""

    os_release: str
    pretty: str  # PRETTY_NAME, which kubelet reports as osImage
    lsb_release: str = ""


def _ubuntu(number: str, point: str, codename: str, title: str) -> Distribution:
    pretty = f"Ubuntu {point} LTS"
    os_release = (
        f'PRETTY_NAME="{pretty}"\nNAME="Ubuntu"\nVERSION_ID="{number}"\nVERSION="{point} LTS ({title})"\n'
        f"VERSION_CODENAME={codename}\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME={codename}\n"
    )
    lsb = f'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE={number}\nDISTRIB_CODENAME={codename}\nDISTRIB_DESCRIPTION="{pretty}"\n'
    return Distribution(os_release, pretty, lsb)


_DEBIAN = "Debian GNU/Linux 12 (bookworm)"
_KAIROS = "Ubuntu 24.04.2 LTS"  # Kairos keeps its base's name and adds its own variables

DISTRIBUTIONS: dict[Os, Distribution] = {
    "ubuntu-24.04": _ubuntu("24.04", "24.04.2", "noble", "Noble Numbat"),
    "ubuntu-22.04": _ubuntu("22.04", "22.04.5", "jammy", "Jammy Jellyfish"),
    "debian-12": Distribution(
        f'PRETTY_NAME="{_DEBIAN}"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\n'
        "VERSION_CODENAME=bookworm\nID=debian\n",
        _DEBIAN,
    ),
    "kairos": Distribution(
        _ubuntu("24.04", "24.04.2", "noble", "Noble Numbat").os_release
        + 'KAIROS_ID="kairos"\nKAIROS_ID_LIKE="kairos-core-ubuntu-24.04"\nKAIROS_NAME="kairos-core-ubuntu-24.04"\n'
        'KAIROS_VERSION="v3.4.2"\nKAIROS_FLAVOR="ubuntu"\nKAIROS_FAMILY="ubuntu"\nKAIROS_VARIANT="core"\n'
        'KAIROS_MODEL="generic"\nKAIROS_ARCH="amd64"\n',
        _KAIROS,
    ),
}
