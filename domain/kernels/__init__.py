"""Kernels that lack ip6tables' MARK target: what their names tell, what a probe tells, and what the two come to.

Calico marks packets with it and never starts on such a kernel while it programs IPv6. The runbook's page has a table
of versions that is partly wrong, and no table knows every flavour: so a verdict has grades and names who spoke, and
what no table has is undecided. The functional probe is certain, whatever the version says (facts/kernel.md).
"""

from domain.kernels.distribution import Distribution
from domain.kernels.host import HostVerdict, judge_host
from domain.kernels.judging import WOULD_HELP, judge_kernel
from domain.kernels.probe import ProbeResult, ProbeState, ProbeVerdict, judge_probe, mark_signature
from domain.kernels.release import KernelRelease, PackageNames, Upstream, parse_release, ubuntu_package_names
from domain.kernels.tables import Kernels
from domain.kernels.words import KernelVerdict, Says, State, Table, Word

__all__ = [
    "WOULD_HELP",
    "Distribution",
    "HostVerdict",
    "KernelRelease",
    "KernelVerdict",
    "Kernels",
    "PackageNames",
    "ProbeResult",
    "ProbeState",
    "ProbeVerdict",
    "Says",
    "State",
    "Table",
    "Upstream",
    "Word",
    "judge_host",
    "judge_kernel",
    "judge_probe",
    "mark_signature",
    "parse_release",
    "ubuntu_package_names",
]
