"""Hosts as they are from within: what one command tells of them, and which nodes of a cluster they are.

The command's script stands here beside the parser of what it writes; how it gets to a host is the fixtures' business.
"""

from domain.hosts.boot import (
    InstalledKernel,
    NextBoot,
    Packages,
    next_boot,
    offered,
    read_packages,
    releases_of,
    version_key,
)
from domain.hosts.edge import edge_facts
from domain.hosts.facts import HostFacts, Ip6tables, IPv6Sysctls, Transport, parse_host
from domain.hosts.joining import Joined, RefusedHost, join
from domain.hosts.reads import HostsRead
from domain.hosts.script import MARK_RULE, SECTIONS, reading_script
from domain.hosts.sections import Garbled, HostOutputError, NotOurs, Truncated

__all__ = [
    "MARK_RULE",
    "SECTIONS",
    "Garbled",
    "HostFacts",
    "HostOutputError",
    "HostsRead",
    "IPv6Sysctls",
    "InstalledKernel",
    "Ip6tables",
    "Joined",
    "NextBoot",
    "NotOurs",
    "Packages",
    "RefusedHost",
    "Transport",
    "Truncated",
    "edge_facts",
    "join",
    "next_boot",
    "offered",
    "parse_host",
    "read_packages",
    "reading_script",
    "releases_of",
    "version_key",
]
