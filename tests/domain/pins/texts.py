"""Files as people have them: the lines that count are those of Kairos, CanvOS, MAAS and the runbook's page."""

from domain.artifacts.recognising import CUSTOMIZATIONS

OLD, NEW = "6.8.0-57-generic", "6.8.0-60-generic"

KAIROS = """\
ARG BASE_IMAGE
FROM ${BASE_IMAGE} AS common
FROM common AS systemd-boot
# for UKI, install the linux-image pkg if no kernel is found
RUN [ -z "$(ls -A /boot/vmlinuz*)" ] && apt-get update && apt-get install -y --no-install-recommends \\
  "$(apt-cache search linux-image | grep -oP 'linux-image-\\d+.\\d+.\\d+-\\d+-generic' | sort -V | tail -1)" \\
  && apt-get clean && rm -rf /var/lib/apt/lists/* || true

FROM common AS base-ubuntu-current
FROM common AS base-ubuntu-legacy

FROM base-ubuntu-current AS kernel-ubuntu-24.04
RUN apt-get update
# If a kernel is already installed, it stays
RUN [ -z "$(ls -A /boot/vmlinuz*)" ] && apt-get install -y --no-install-recommends \\
    linux-image-generic-hwe-24.04 || true
RUN apt-get clean && rm -rf /var/lib/apt/lists/*

FROM base-ubuntu-current AS kernel-ubuntu-22.04
RUN apt-get update
# If a kernel is already installed, it stays
RUN [ -z "$(ls -A /boot/vmlinuz*)" ] && apt-get install -y --no-install-recommends \\
    linux-image-generic-hwe-22.04 || true
RUN apt-get clean && rm -rf /var/lib/apt/lists/*

FROM base-ubuntu-legacy AS kernel-ubuntu-20.04
RUN apt-get update
RUN [ -z "$(ls -A /boot/vmlinuz*)" ] && apt-get install -y --no-install-recommends \\
    linux-image-generic-hwe-20.04 || true
RUN apt-get clean && rm -rf /var/lib/apt/lists/*

FROM kernel-ubuntu-24.04 AS amd64-ubuntu-24.04
RUN apt-get update && apt-get install -y --no-install-recommends linux-base && apt-get clean
"""

KAIROS_LATER = """\
FROM ubuntu AS base-ubuntu-current
FROM base-ubuntu-current AS kernel-ubuntu-current
RUN [ -z "$(ls -A /boot/vmlinuz*)" ] && apt-get install -y --no-install-recommends \\
    linux-image-generic-hwe-24.04 || true

FROM kernel-ubuntu-current AS kernel-ubuntu-24.10
FROM kernel-ubuntu-current AS kernel-ubuntu-24.04
"""

CANVOS = f"""\
ARG BASE
FROM $BASE

ARG OS_DISTRIBUTION
ARG HTTP_PROXY

RUN mkdir -p /certs
{CUSTOMIZATIONS}

####  Examples  ####
# RUN apt-get update && apt-get install nginx -y
RUN useradd --create-home kairos
"""

RUNBOOK_RUN = f"""\
# Install specific kernel version if KERNEL_VERSION is provided
RUN if [ "${{OS_DISTRIBUTION}}" = "ubuntu" ]; then \\
        apt-get update && \\
        apt-get install --yes "linux-image-{OLD}" "linux-headers-{OLD}" "linux-modules-{OLD}" && \\
        apt-get purge --yes $(dpkg-query --list | awk '/^ii\\s+linux-(image|headers|modules)/ {{print $2}}' | grep --invert-match "{OLD}") && \\
        apt-get autoremove --yes && \\
        rm --recursive --force /var/lib/apt/lists/* && \\
        kernel=$(ls /boot/vmlinuz-* | grep "{OLD}" | head --lines=1) && \\
        ln --symbolic --force "${{kernel#/boot/}}" /boot/vmlinuz && \\
        kernel=$(ls /lib/modules | grep "{OLD}" | head --lines=1) && \\
        dracut --force "/boot/initrd-${{kernel}}" "${{kernel}}" && \\
        ln --symbolic --force "initrd-${{kernel}}" /boot/initrd && \\
        depmod --all "${{kernel}}"; \\
    fi; \\
"""
"""The runbook's example with a listed kernel, its stray continuation too."""

CANVOS_OF_THE_PAGE = CANVOS.replace(f"{CUSTOMIZATIONS}\n", f"{CUSTOMIZATIONS}\n{RUNBOOK_RUN}")

PRESEED = """\
#cloud-config
debconf_selections:
  maas: |
    {{for line in str(curtin_preseed).splitlines()}}
    {{line}}
    {{endfor}}
# what MAAS is told at the end
late_commands:
  maas: [wget, '--no-proxy', {{node_disable_pxe_url|escape.json}}, '--post-data', {{node_disable_pxe_data|escape.json}}, '-O', '/dev/null']
"""

PINNED_PRESEED = f"""\
#cloud-config
kernel:
  package: linux-image-{OLD}
  flavor: hwe
debconf_selections:
  maas: |
    {{{{for line in str(curtin_preseed).splitlines()}}}}
    {{{{line}}}}
    {{{{endfor}}}}
late_commands:
  maas: [wget, '--no-proxy', {{{{node_disable_pxe_url|escape.json}}}}, '--post-data', {{{{node_disable_pxe_data|escape.json}}}}, '-O', '/dev/null']
  extra_modules: ["curtin", "in-target", "--", "apt", "install", "--yes", "linux-modules-extra-{OLD}"]
"""
