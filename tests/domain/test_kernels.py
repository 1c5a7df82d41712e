"""Kernel strings to grades. A case names where the string was seen, or what of facts/kernel.md it stands for.

Cases of the facts alone have the source FACTS; the others are finds: what people reported of real machines.
"""

import pytest

from domain.kernels import Distribution, KernelVerdict, State, Table, judge_kernel
from domain.verdict import Grade

FACTS = "facts/kernel.md"
NOBLE, JAMMY, FOCAL = "Ubuntu 24.04.2 LTS", "Ubuntu 22.04.5 LTS", "Ubuntu 20.04.6 LTS"
BOOKWORM = "Debian GNU/Linux 12 (bookworm)"
TAILSCALE = "https://github.com/tailscale/tailscale/issues/"
BOTH, PAGE, WIDER = (Table.RUNBOOK, Table.WIDER), (Table.RUNBOOK,), (Table.WIDER,)


def judged(release: str, image: str, build: str = "") -> KernelVerdict:
    return judge_kernel(release, Distribution.from_os_image(image), build)


LISTED = [
    ("6.8.0-57-generic", NOBLE, BOTH, "6.8.0-60-generic", "https://github.com/canonical/microk8s/issues/5022"),
    ("6.8.0-57-generic", JAMMY, BOTH, "6.8.0-60-generic", "facts: hwe-22.04 shares uname"),
    ("6.8.0-57-generic\n", NOBLE, BOTH, "6.8.0-60-generic", "a command's output has a line's end"),
    ("6.8.0-57-generic-64k", NOBLE, BOTH, "6.8.0-60-generic-64k", FACTS),
    ("6.8.0-58-generic", NOBLE, PAGE, "6.8.0-60-generic", "the page; the changelog has the cure in it"),
    ("6.8.0-58-generic-64k", NOBLE, PAGE, "6.8.0-60-generic-64k", FACTS),
    ("6.8.0-56-generic", NOBLE, WIDER, "6.8.0-60-generic", "https://github.com/canonical/microk8s/issues/4961"),
    ("6.8.0-56-generic", "Ubuntu 24.04.1 LTS", WIDER, "6.8.0-60-generic", TAILSCALE + "15496"),
    ("6.8.0-56-lowlatency", NOBLE, WIDER, "6.8.0-58-lowlatency", FACTS),
    ("6.8.0-57-lowlatency", NOBLE, WIDER, "6.8.0-58-lowlatency", "facts: the page's row is of generic kernels"),
    ("6.8.0-57-lowlatency-64k", NOBLE, WIDER, "6.8.0-58-lowlatency-64k", FACTS),
    ("5.15.0-127-generic", JAMMY, BOTH, "5.15.0-130-generic", "https://github.com/kubernetes/kube-proxy/issues/25"),
    ("5.15.0-127-generic", FOCAL, BOTH, "5.15.0-130-generic", "https://github.com/cilium/cilium/pull/36857"),
    ("5.15.0-128-generic", JAMMY, BOTH, "5.15.0-130-generic", TAILSCALE + "14410"),
    ("5.15.0-128-generic-lpae", JAMMY, BOTH, "5.15.0-130-generic-lpae", FACTS),
    ("6.8.0-1022-oracle", NOBLE, BOTH, "6.8.0-1027-oracle", TAILSCALE + "15549"),
    ("6.8.0-1023-oracle", NOBLE, WIDER, "6.8.0-1027-oracle", FACTS),
    ("6.8.0-1022-aws", NOBLE, PAGE, "6.8.0-1027-aws", FACTS),
    ("6.8.0-1022-aws-64k", NOBLE, PAGE, "6.8.0-1027-aws-64k", FACTS),
    ("6.8.0-1025-aws", NOBLE, WIDER, "6.8.0-1027-aws", TAILSCALE + "13863"),
    ("6.8.0-1026-aws", NOBLE, WIDER, "6.8.0-1027-aws", TAILSCALE + "13863"),
    ("6.8.0-1022-azure", NOBLE, PAGE, "6.8.0-1027-azure", FACTS),
    ("6.8.0-1025-azure", JAMMY, WIDER, "6.8.0-1027-azure", "https://github.com/actions/runner-images/issues/11985"),
    ("6.8.0-1022-azure-fde", NOBLE, PAGE, None, FACTS),
    ("6.8.0-1022-nvidia", NOBLE, PAGE, "6.8.0-1027-nvidia", FACTS),
    ("6.8.0-1024-nvidia", NOBLE, WIDER, "6.8.0-1027-nvidia", FACTS),
    ("6.8.0-1025-nvidia-lowlatency-64k", NOBLE, WIDER, "6.8.0-1027-nvidia-lowlatency-64k", FACTS),
    ("6.8.0-1022-gcp", NOBLE, PAGE, None, FACTS),
    ("6.8.0-1026-gcp", NOBLE, WIDER, None, FACTS),
    ("6.8.0-1021-gke", NOBLE, WIDER, None, FACTS),
    ("6.8.0-1022-gke", NOBLE, PAGE, None, FACTS),
    ("6.8.0-1008-gkeop", NOBLE, WIDER, None, FACTS),
    ("6.8.0-1022-ibm", NOBLE, PAGE, None, "the page lists 1022 of any flavour numbered from 1000"),
    ("6.8.0-1022-raspi", NOBLE, PAGE, None, "the page lists 1022 of any flavour numbered from 1000"),
    ("6.8.0-1022-quantum", NOBLE, PAGE, None, "a flavour of tomorrow: what is printed on the page is 6.8.0-1022"),
    ("6.8.0-57-generic", "Linux Mint 22.1", BOTH, "6.8.0-60-generic", TAILSCALE + "15743"),
]

LIKELY = [
    (
        "6.11.4-201.fc40.x86_64",
        "Fedora Linux 40 (Server Edition)",
        "6.11.6",
        "https://github.com/k3s-io/k3s/issues/11175",
    ),
    ("6.11.5-300.fc41.x86_64", "Fedora Linux 41 (Silverblue)", "6.11.6", TAILSCALE + "13863"),
    (
        *("6.11.5-300.fc41.x86_64", "Fedora CoreOS 41.20241027.3.0", "6.11.6"),
        "https://github.com/coreos/fedora-coreos-tracker/issues/1834",
    ),
    ("6.6.58-talos", "Talos (v1.8.2)", "6.6.59", "https://github.com/siderolabs/pkgs/pull/1065"),
    (
        *("5.15.168", "Bottlerocket OS 1.26.2 (aws-k8s-1.24)", "5.15.170"),
        "https://github.com/bottlerocket-os/bottlerocket/issues/4295",
    ),
    ("6.6.58-flatcar", "Flatcar Container Linux by Kinvolk 4081.1.0 (Oklo)", "6.6.59", FACTS),
    ("6.6.57-1-lts", "Arch Linux", "6.6.59", "https://github.com/zfl9/ipt2socks/issues/56"),
    ("6.6.58-1-lts", "Arch Linux", "6.6.59", TAILSCALE + "13863"),
    ("6.11.4-arch1-1", "Arch Linux", "6.11.6", TAILSCALE + "13863"),
    ("6.11.4", "NixOS 24.11 (Vicuna)", "6.11.6", TAILSCALE + "13863"),
    ("6.6.58_1", "Void Linux", "6.6.59", "https://github.com/void-linux/void-packages/issues/52886"),
    ("6.1.113", "Bottlerocket OS 1.25.0 (aws-k8s-1.31)", "6.1.115", FACTS),
    (
        "6.11.4-amd64",
        "Debian GNU/Linux trixie/sid",
        "6.11.6",
        "Debian's version is upstream's where it has a patch level",
    ),
    ("6.11.5+bpo-amd64", BOOKWORM, "6.11.6", "a backport is no kernel of bookworm's branch"),
    ("6.6.58-060658-generic", NOBLE, "6.6.59", "facts: a mainline build"),
    ("6.8.0-57-generic", "Kairos core ubuntu 24.04 v3.1.3", "6.8.0-60-generic", "the runbook's Kairos images"),
    ("6.8.0-58-generic", "kairos-standard-ubuntu-24.04", "6.8.0-60-generic", "the runbook's Kairos images"),
    ("6.8.0-57-generic", BOOKWORM, "6.8.0-60-generic", "kind: the node's image is Debian's, the kernel the machine's"),
    ("5.15.0-127-generic", "Some Appliance 4", "5.15.0-130-generic", "another distribution's build of such a kernel"),
    ("6.8.0-1025-aws", "", "6.8.0-1027-aws", "a bundle without osImage"),
]

CLEAR = [
    ("6.8.0-55-generic", NOBLE, "https://github.com/canonical/microk8s/issues/4961"),
    ("6.8.0-31-generic", NOBLE, FACTS),
    ("6.8.0-59-generic", NOBLE, "facts: the cure came with 58"),
    ("6.8.0-60-generic", NOBLE, "the page's fixed version"),
    ("6.8.0-60-generic-64k", NOBLE, FACTS),
    ("6.8.0-117-generic", NOBLE, FACTS),
    ("6.8.0-58-lowlatency", NOBLE, FACTS),
    ("5.15.0-126-generic", JAMMY, TAILSCALE + "14410"),
    ("5.15.0-130-generic", JAMMY, "the page's fixed version"),
    ("5.15.0-1-generic", JAMMY, FACTS),
    ("6.8.0-1024-oracle", NOBLE, FACTS),
    ("6.8.0-1026-nvidia", NOBLE, FACTS),
    ("6.8.0-1027-aws", NOBLE, FACTS),
    ("6.8.0-1027-azure", NOBLE, FACTS),
    ("6.8.0-1063-azure", NOBLE, "https://github.com/Azure/AgentBaker/pull/9186"),
    ("6.11.0-21-generic", NOBLE, TAILSCALE + "13863"),
    ("6.14.0-1012-azure", NOBLE, "https://github.com/actions/runner-images/issues/13190"),
    ("6.14.0-15-generic", "Ubuntu 25.04", "built on an upstream that was released with the cure"),
    ("6.8.0-060800-generic", NOBLE, "facts: a mainline build; upstream released 6.8 before the culprit"),
    ("6.11.6-061106-generic", NOBLE, "facts: a mainline build"),
    ("6.11.6-300.fc41.x86_64", "Fedora Linux 41 (Workstation Edition)", TAILSCALE + "13863"),
    ("6.11.0-63.fc41.x86_64", "Fedora Linux 41 (Cloud Edition)", "upstream released 6.11 before the culprit"),
    ("6.11.6-arch1-1", "Arch Linux", "https://github.com/zfl9/ipt2socks/issues/56"),
    ("6.6.56-1-lts", "Arch Linux", "https://github.com/zfl9/ipt2socks/issues/56"),
    ("6.6.59", "NixOS 24.05 (Uakari)", TAILSCALE + "13863"),
    (
        "5.15.167",
        "Bottlerocket OS 1.26.1 (aws-k8s-1.24)",
        "https://github.com/bottlerocket-os/bottlerocket/issues/4295",
    ),
    ("6.12.25-talos", "Talos (v1.10.0)", FACTS),
    ("6.17.5-1-cachyos", "Arch Linux", "https://github.com/projectcalico/calico/issues/11302"),
    ("5.10.230", "Bottlerocket OS 1.20.0 (aws-k8s-1.24)", "facts: 5.10 never"),
    ("6.1.0-27-amd64", BOOKWORM, "facts: bookworm was never affected"),
    ("6.1.0-28-cloud-amd64", BOOKWORM, "https://github.com/faicker/ipt_xor/issues/8"),
    ("6.12.9+deb13-amd64", "Debian GNU/Linux 13 (trixie)", FACTS),
    ("5.10.0-33-amd64", "Debian GNU/Linux 11 (bullseye)", "with uname -v: 5.10 never"),
    ("6.8.0-60-generic", "Kairos core ubuntu 24.04 v3.1.3", "the runbook's own pin"),
]

UNKNOWN = [
    ("5.15.0-129-generic", JAMMY, "5.15.0-130-generic", "facts: left open"),
    ("5.15.0-127-lowlatency", JAMMY, None, "no table has 5.15 lowlatency"),
    ("5.15.0-1073-aws", JAMMY, None, FACTS),
    ("6.11.0-18-generic", NOBLE, "6.11.0-21-generic", FACTS),
    ("6.11.0-19-generic", "Ubuntu 24.10", "6.11.0-21-generic", FACTS),
    ("6.8.0-1021-oracle", NOBLE, "6.8.0-1027-oracle", "an inferred row leaves open what is before its first bad one"),
    ("6.8.0-1024-aws", NOBLE, "6.8.0-1027-aws", "a user's report leaves open what is before it"),
    ("6.8.0-1024-azure", NOBLE, "6.8.0-1027-azure", "the first bad one is 1025 or an earlier one"),
    ("6.8.0-1027-gcp", NOBLE, None, "no fixed one is known; the page's 1027 is of aws and azure"),
    ("6.8.0-1050-gke", NOBLE, None, FACTS),
    ("6.8.0-1030-ibm", NOBLE, None, FACTS),
    ("6.8.0-2022-raspi-realtime", NOBLE, None, "facts: numbered from 2000"),
    ("6.8.1-1012-realtime", NOBLE, None, "another base"),
    ("6.8.0-57-aws", NOBLE, None, "aws counts from 1000"),
    ("6.8.0-1022-generic", NOBLE, None, "generic does not count from 1000"),
    ("6.8.0-57-quantum", NOBLE, None, "a flavour of no table"),
    ("6.5.0-44-generic", JAMMY, None, "a base of no table"),
    ("5.4.0-200-generic", FOCAL, None, "a base of no table"),
    ("6.8.0-76060800daily20240311-generic", "Pop!_OS 22.04 LTS", None, "System76's own numbers"),
    ("6.8.0-76060800-generic", NOBLE, None, "an ABI of eight digits is nobody's of Ubuntu"),
    ("6.12.0-061200rc4-generic", NOBLE, None, "facts: some release candidates of 6.12"),
    ("6.9.3-060903-generic", NOBLE, None, "a stable branch of no table"),
    ("6.8.0-060857-generic", NOBLE, None, "six digits that are not the version's"),
    ("6.12.0-0.rc4.20241023git.fc42.x86_64", "Fedora Linux 42 (Rawhide)", None, FACTS),
    ("6.10.12-200.fc40.x86_64", "Fedora Linux 40 (Server Edition)", None, "a stable branch of no table"),
    ("5.14.0-427.el9.x86_64", "Red Hat Enterprise Linux 9.4 (Plow)", None, FACTS),
    ("6.12.0-55.el10.x86_64", "Red Hat Enterprise Linux 10.0 (Coughlan)", None, FACTS),
    ("6.4.0-150600.23.25-default", "SUSE Linux Enterprise Server 15 SP6", None, FACTS),
    ("6.1.132-147.221.amzn2023.x86_64", "Amazon Linux 2023.7.20250428", None, FACTS),
    ("6.8.12-4-pve", BOOKWORM, None, "facts: Proxmox says that it is Debian"),
    ("6.6.57", "OpenWrt 24.10", None, "https://github.com/openwrt/openwrt/pull/16726: shipped with the cure in it"),
    ("6.1.112+", "Container-Optimized OS from Google", None, "a distribution of no table"),
    ("6.6.51+rpt-rpi-v8", BOOKWORM, None, "Raspberry Pi's own kernel under Debian's name"),
    ("5.15.167.4-microsoft-standard-WSL2", NOBLE, None, "WSL's own kernel under Ubuntu's name"),
    ("6.10.14-linuxkit", "Docker Desktop", None, "a distribution of no table"),
    ("6.1.0-0.deb11.26-cloud-amd64", "Debian GNU/Linux 11 (bullseye)", None, "the version is in uname -v"),
    ("6.8.0-60-generic", "Some Appliance 4", "6.8.0-60-generic", "the name alone tells too little"),
    ("6.8.0-060800-generic", "Some Appliance 4", None, "the name alone tells too little"),
    ("6.8", "Arch Linux", None, "no release that uname writes"),
    ("", NOBLE, None, "no release at all"),
    ("\x00ünïcode 6.8.0-57-generic", NOBLE, None, "text"),
    ("6.8.0-57-generic; rm -rf /", NOBLE, None, "text"),
]

BUILDS = {
    ("5.10.0-33-amd64", "Debian GNU/Linux 11 (bullseye)"): "#1 SMP Debian 5.10.226-1 (2024-10-03)",
}


def test_there_are_sixty_strings_and_more() -> None:
    assert len({case[:2] for case in [*LISTED, *LIKELY, *CLEAR, *UNKNOWN]}) >= 60


@pytest.mark.parametrize(("release", "image", "by", "fixed", "source"), LISTED)
def test_listed(release: str, image: str, by: tuple[Table, ...], fixed: str | None, source: str) -> None:
    verdict = judged(release, image)
    assert (verdict.state, verdict.grade) == (State.LISTED, Grade.LISTED), source
    assert verdict.listed_by == by
    assert verdict.fixed == fixed
    assert verdict.sentence.startswith(f"{release.strip()} is listed as affected: the ")
    assert verdict.sources
    assert verdict.would_help is None


@pytest.mark.parametrize(("release", "image", "fixed", "source"), LIKELY)
def test_likely(release: str, image: str, fixed: str, source: str) -> None:
    verdict = judged(release, image)
    assert (verdict.state, verdict.grade) == (State.LIKELY, Grade.LIKELY), source
    assert verdict.fixed == fixed
    assert verdict.sentence.startswith(f"{release} is likely affected")
    assert verdict.sources


@pytest.mark.parametrize(("release", "image", "source"), CLEAR)
def test_clear(release: str, image: str, source: str) -> None:
    verdict = judged(release, image, BUILDS.get((release, image), ""))
    assert (verdict.state, verdict.grade) == (State.CLEAR, None), source
    assert any(word.clear and word.sources for word in verdict.words)
    assert verdict.sentence.startswith(f"{release} is not affected")
    assert verdict.fixed is None


@pytest.mark.parametrize(("release", "image", "fixed", "source"), UNKNOWN)
def test_unknown(release: str, image: str, fixed: str | None, source: str) -> None:
    verdict = judged(release, image)
    assert (verdict.state, verdict.grade) == (State.UNKNOWN, None), source
    assert verdict.fixed == fixed
    assert verdict.would_help is not None
    assert "--hosts" in verdict.would_help
    assert "not affected" not in verdict.sentence
