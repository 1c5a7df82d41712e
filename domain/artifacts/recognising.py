"""What a file is taken for, by its conventional name and by what it holds; nothing is parsed to know it.

A name says enough where the tools themselves go by it (`.arg`, curtin_userdata_…); elsewhere the content does.
"""

import re
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

CUSTOMIZATIONS: Final = "########################### Add any other image customizations here #######################"
"""The line of CanvOS' Dockerfile below which a person adds to the image (facts/palette.md)."""


class Kind(StrEnum):
    """What a file is taken for."""

    VALUES = "pack values"
    OS_VALUES = "BYOS OS pack values"
    HELM_VALUES = "Helm values"
    PROFILE = "cluster profile export"
    CUSTOM_RESOURCES = "custom resources of Palette"
    TERRAFORM = "Terraform cluster profiles"
    USER_DATA = "edge user-data"
    ARG = "CanvOS .arg"
    CANVOS_DOCKERFILE = "CanvOS Dockerfile"
    KAIROS_DOCKERFILE = "Kairos Dockerfile"
    DOCKERFILE = "Dockerfile that installs a kernel"
    PRESEED = "curtin preseed"


_SUFFIXES: Final = frozenset({"", ".yaml", ".yml", ".json", ".tf", ".tpl", ".tmpl", ".arg", ".dockerfile"})
_DOCKERFILE: Final = re.compile(r"(?:docker|container)file(?:[.-].+)?|.+\.dockerfile", re.IGNORECASE)
_PRESEED: Final = re.compile(r"curtin_userdata(?:_.*)?")
_USER_DATA: Final = re.compile(r"user-?_?data(?:[.-].*)?", re.IGNORECASE)
_VALUES: Final = re.compile(r"(?:.*[-_.])?values(?:[-_.].*)?\.ya?ml", re.IGNORECASE)

_KAIROS: Final = re.compile(r"^\s*FROM\s+\S+\s+AS\s+kernel-ubuntu-", re.MULTILINE | re.IGNORECASE)
_CANVOS: Final = re.compile(r"Add any other image customizations here|^\s*ARG\s+OS_DISTRIBUTION\b", re.MULTILINE)
_KERNEL: Final = re.compile(
    r"\blinux-(?:image|modules|headers|generic|lowlatency|virtual|kvm|aws|azure|gcp|oracle|nvidia|raspi)\b|\bkairos-init\b"
)
_CURTIN: Final = re.compile(r"^(?:debconf_selections|late_commands|kernel|partitioning_commands)\s*:", re.MULTILINE)
_STAGES: Final = re.compile(r"^stages\s*:", re.MULTILINE)
_STEPS: Final = re.compile(
    r"^stages\s*:[ \t]*(?:\{|(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*[ \t]+[\w.-]+\s*:)", re.MULTILINE
)
"""Stages that are a map: of pipelines of GitLab's and Azure's they are a list."""

_OPTIONS: Final = re.compile(r"""^["']?options["']?\s*:""", re.MULTILINE)
_SYSTEM: Final = re.compile(r"""\bsystem(?:\.uri["']?|["']?\s*:[\s{]*["']?uri["']?)\s*:""")
"""The one option of the BYOS OS pack that matters, and may be all that is set of it."""

_ROOTS: Final = re.compile(r"""^["']?(?:pack|charts|manifests)["']?\s*:""", re.MULTILINE)
_GROUP: Final = re.compile(r"""["']?apiVersion["']?\s*:\s*["']?(?:[a-z0-9-]+\.)*spectrocloud\.com/""")
_PACKS: Final = re.compile(r"""\bpacks["']?\s*:""")
_PACK_VALUES: Final = re.compile(r"""["']?values["']?\s*:""")
_PACK_LIST: Final = re.compile(r"""\bpacks["']?\s*:\s*(?:#.*\s+)?(?:\[\s*\{|-\s)""")
_PACK_TAG: Final = re.compile(r"""["']?(?:cloudType|tag|packUid|registryUid)["']?\s*:""")
"""What tells a list of packs whose values are left out from other lists of that name."""

_PROFILE_RESOURCE: Final = re.compile(r"\bspectrocloud_cluster_profile(?:_import)?\b")
_CILIUM: Final = re.compile(
    r"^(?:eni|endpointRoutes|kubeProxyReplacement\w*|enableIPv[46]Masquerade|autoDirectNodeRoutes|routingMode)\s*:",
    re.MULTILINE,
)


def may_be(path: str) -> bool:
    """Whether a file of that name is looked at."""
    name = PurePosixPath(path).name
    return PurePosixPath(name).suffix.lower() in _SUFFIXES or name == ".arg" or named(path)


def named(path: str) -> bool:
    """Whether the name alone says that the file is meant for a tool of Palette's, Kairos' or MAAS'."""
    name = PurePosixPath(path).name
    exact = name == ".arg" or name.endswith(".arg")
    return exact or any(one.fullmatch(name) for one in (_DOCKERFILE, _PRESEED, _USER_DATA, _VALUES))


def recognise(path: str, text: str) -> Kind | None:
    """What a file is taken for; None where it is nothing that a scenario speaks of."""
    name, text = PurePosixPath(path).name, text.removeprefix("\ufeff")
    if name == ".arg" or name.endswith(".arg"):
        return Kind.ARG
    if _DOCKERFILE.fullmatch(name):
        return _dockerfile(text)
    if _PRESEED.fullmatch(name):
        return Kind.PRESEED
    if name.endswith(".tf"):
        return Kind.TERRAFORM if _PROFILE_RESOURCE.search(text) else None
    return _document(name, text)


def _dockerfile(text: str) -> Kind | None:
    if _KAIROS.search(text):
        return Kind.KAIROS_DOCKERFILE
    if _CANVOS.search(text):
        return Kind.CANVOS_DOCKERFILE
    return Kind.DOCKERFILE if _KERNEL.search(text) else None


def _document(name: str, text: str) -> Kind | None:
    """The first that fits: a root of pack values outranks what values may hold as text."""
    cloud_config = text[:256].lstrip().startswith("#cloud-config")
    rooted = _ROOTS.search(text) is not None
    if cloud_config or (_USER_DATA.fullmatch(name) and not rooted):
        return Kind.PRESEED if cloud_config and "{{" in text and _CURTIN.search(text) else Kind.USER_DATA
    if "stages" in text and (_STAGES if rooted else _STEPS).search(text):
        return Kind.OS_VALUES
    if not rooted and "options" in text and _OPTIONS.search(text) and _SYSTEM.search(text):
        return Kind.OS_VALUES
    return Kind.VALUES if rooted else _by_content(text) or (Kind.VALUES if _VALUES.fullmatch(name) else None)


def _by_content(text: str) -> Kind | None:
    """What no root of pack values says; plain words are looked for first, for they cost next to nothing."""
    if "spectrocloud.com/" in text and _GROUP.search(text):
        return Kind.CUSTOM_RESOURCES
    if "packs" in text and _packs_in(text):
        return Kind.PROFILE
    return Kind.HELM_VALUES if _CILIUM.search(text) else None


def _packs_in(text: str) -> bool:
    """Whether a list of packs is there: by their values, or by what only Palette's packs have besides."""
    if _PACK_VALUES.search(text):
        return _PACKS.search(text) is not None
    return _PACK_LIST.search(text) is not None and _PACK_TAG.search(text) is not None
