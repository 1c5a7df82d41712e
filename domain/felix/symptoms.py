"""What Calico shows of the fault while it has it: lines of Felix' log, and pods that run and are never ready.

The words are stable from v3.26 to v3.32. Felix runs under a supervisor, so the container can stay Running 0/1 for ever
instead of crashing (facts/cni.md); felix 2360 shows the same first line for another reason, so the reason is read too.
"""

import re
from typing import Final

import msgspec

from domain.calico import CONTAINER, CalicoPod
from domain.kernels import mark_signature


class PodLog(msgspec.Struct, frozen=True):
    """What the log of a pod's Felix shows: the line of the fault, or why it was not read."""

    line: str | None = None
    unread: str = ""
    would_help: str | None = None

    @property
    def proof(self) -> str | None:
        """The words in which ip6tables itself refused the target, where the line has them."""
        return mark_signature(self.line) if self.line else None


class CalicoLogs(msgspec.Struct, frozen=True):
    """The logs of those of Calico's pods that are not Ready, by the pod's name for sentences; no other is read."""

    by_pod: dict[str, PodLog] = {}

    def of(self, pod: CalicoPod | None) -> PodLog:
        """What is known of a pod's log; nothing of one that was not looked for."""
        return self.by_pod.get(str(pod), PodLog())


_RESTORE: Final = "Failed to execute ip(6)tables-restore command"
_PROGRAM: Final = re.compile(r"Failed to program iptables, (?:will retry|giving up after retries)")
_IPV4: Final = re.compile(r"ipVersion=0x4|errorOutput=\"iptables-restore")
_MANGLE: Final = re.compile(r"ipVersion=0x6 table=\"mangle\"")
_INPUT: Final = re.compile(r"\s+input=\".*", re.DOTALL)
_LONGEST: Final = 600


def symptom_in_log(text: str) -> str | None:
    """Find the line of a Calico pod's log that shows the fault, without the rules that Felix tried to program.

    A restore that ip6tables refused for want of MARK is the fault itself. That Felix could not program IPv6's mangle
    table is a symptom too, unless a refused restore of the same log names another reason.
    """
    weaker: str | None = None
    other_reason = False
    for line in text.splitlines():
        if _RESTORE in line and not _IPV4.search(line):
            if mark_signature(_INPUT.sub("", line)):
                return _shortened(line)
            other_reason = True
        elif weaker is None and _PROGRAM.search(line) and _MANGLE.search(line):
            weaker = _shortened(line)
    return None if other_reason else weaker


def pod_symptoms(pod: CalicoPod) -> tuple[str, ...]:
    """Say what a Calico pod shows by itself: that it is not ready, and how often Felix' container restarted."""
    symptoms = []
    if not pod.ready:
        phase = pod.status.phase or "in no phase"
        container = next((one for one in pod.status.container_statuses if one.name == CONTAINER), None)
        waiting = container.state.waiting.reason if container is not None and container.state.waiting else ""
        symptoms.append(f"{pod} is {phase} and not Ready{f' ({waiting})' if waiting else ''}")
    if pod.restarts:
        symptoms.append(f"its container {CONTAINER} was restarted {pod.restarts} times")
    return tuple(symptoms)


def _shortened(line: str) -> str:
    told = _INPUT.sub("", line).strip()
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"
