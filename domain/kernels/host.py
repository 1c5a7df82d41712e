"""What a host's kernel comes to: the probe beats the version, the version beats nothing, and nothing is never fine."""

import msgspec

from domain.kernels.probe import ProbeState, ProbeVerdict
from domain.kernels.words import KernelVerdict, State, Table
from domain.verdict import Grade

LOOK_ALIKE = "a kernel without legacy iptables answers with the same words"
KUBE_PROXY = (
    "kube-proxy's --xor-mark breaks on the same kernels, on IPv4-only clusters too: turning off Calico's IPv6 may not "
    "be enough"
)
"""What every finding says besides (bottlerocket 4295)."""


class HostVerdict(msgspec.Struct, frozen=True):
    """Whether ip6tables MARK works on a host: `affected` is None where that is undecided.

    `grade` is set where it is affected; `notes` are for a person's eye, `would_help` says what would decide.
    """

    affected: bool | None
    sentence: str
    grade: Grade | None = None
    notes: tuple[str, ...] = ()
    fixed: str | None = None
    would_help: str | None = None
    sources: tuple[str, ...] = ()


def judge_host(kernel: KernelVerdict, probe: ProbeVerdict | None = None) -> HostVerdict:
    """Weigh what the tables say of a kernel and what the probe proved, if it ran."""
    if probe is not None and probe.state is ProbeState.BROKEN:
        return _broken(kernel, probe)
    if probe is not None and probe.state is ProbeState.SOUND:
        return HostVerdict(False, f"{probe.sentence} on {_named(kernel)}", notes=_sound_notes(kernel))
    notes = () if probe is None else (probe.sentence,)
    if kernel.grade is not None:
        found = (*notes, KUBE_PROXY)
        return HostVerdict(True, kernel.sentence, kernel.grade, found, kernel.fixed, sources=kernel.sources)
    if kernel.state is State.CLEAR:
        return HostVerdict(False, kernel.sentence, notes=notes, sources=kernel.sources)
    would_help = kernel.would_help if probe is None else probe.would_help
    sentence = "; ".join((kernel.sentence, *notes))
    return HostVerdict(None, sentence, fixed=kernel.fixed, would_help=would_help, sources=kernel.sources)


def _broken(kernel: KernelVerdict, probe: ProbeVerdict) -> HostVerdict:
    if kernel.grade is not None:
        notes: tuple[str, ...] = (kernel.sentence, KUBE_PROXY)
    else:
        notes = (f"{kernel.sentence}; it is certain all the same; {LOOK_ALIKE}", KUBE_PROXY)
    sentence = f"{probe.sentence}, on {_named(kernel)}"
    return HostVerdict(True, sentence, Grade.PROVEN, notes, kernel.fixed, sources=kernel.sources)


def _sound_notes(kernel: KernelVerdict) -> tuple[str, ...]:
    """That the page lists what the probe found sound is worth a note: somebody will compare the two."""
    if kernel.grade is None:
        return ()
    who = "the runbook's page lists it" if Table.RUNBOOK in kernel.listed_by else "a table lists it"
    return (f"{who}, and the probe found it sound: {kernel.sentence}",)


def _named(kernel: KernelVerdict) -> str:
    return f"kernel {kernel.release}" if kernel.release else "a kernel without a name"
