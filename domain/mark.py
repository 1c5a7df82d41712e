"""Whether ip6tables' MARK target works on a host that was read from within, and by whose word."""

import msgspec

from domain.hosts import HostFacts
from domain.kernels import HostVerdict, KernelVerdict, ProbeState, ProbeVerdict, judge_host, judge_kernel, judge_probe
from domain.kernels.probe import UNAVAILABLE


class OnHost(msgspec.Struct, frozen=True):
    """A host with what the tables say of its kernel, what the probe proved there, and what the two come to."""

    facts: HostFacts
    kernel: KernelVerdict
    probe: ProbeVerdict | None
    mark: HostVerdict

    @property
    def subject(self) -> str:
        """`host:<name>`, for one that is no node of a cluster that was read."""
        return f"host:{self.facts.name}"

    @property
    def probed(self) -> bool:
        """Whether the probe proved anything."""
        return self.probe is not None and self.probe.state is not ProbeState.INCONCLUSIVE


def on_host(facts: HostFacts) -> OnHost:
    """Judge a host by its own words; they tell more of its kernel than a kubelet does."""
    kernel = judge_kernel(facts.uname_r, facts.distribution, facts.uname_v)
    probe = judge_probe(facts.probe) if facts.probe is not None else None
    return OnHost(facts, kernel, probe, judge_host(kernel, probe))


def said_by_log(whose: str, words: str) -> ProbeVerdict:
    """What it proves that ip6tables itself refused the target to somebody else: the same as a probe."""
    return ProbeVerdict(ProbeState.BROKEN, f"{UNAVAILABLE}: {whose} has {words}")
