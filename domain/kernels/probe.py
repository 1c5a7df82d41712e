"""The functional probe: a rule with the MARK target, put into the ip6tables of a throw-away network namespace.

    unshare --net ip6tables -t mangle -A PREROUTING -j MARK --set-mark 0x40000/0xff0000

with an IPv4 control run the same way. It is masked because Calico's marks are, and because only so the message is the
one on the runbook's page. What fails it is an unavailable target and not one bug: a kernel without legacy iptables
answers with the same words (talos 13935). Source: facts/kernel.md, "The functional probe".
"""

import re
from enum import StrEnum
from typing import Final

import msgspec

UNAVAILABLE: Final = "ip6tables MARK is unavailable"
"""What a failed probe says: the bug is its likely cause and not the only one."""

_NO_COMMAND, _NOT_EXECUTABLE, _TIMED_OUT, _KILLED = 127, 126, 124, 137
_OPTION: Final = r"--(?:set-x?|and-|or-|xor-)mark"
_SIGNATURES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"bad value for option\W{{0,4}}{_OPTION}\W{{0,4}},? or out of range \(0.{{1,3}}4294967295\)",
        rf"unknown option\W{{0,4}}{_OPTION}[\\\"']{{0,2}}",
        rf"MARK target: kernel too old for {_OPTION}",  # bottlerocket-core-kit 266
        r"Extension MARK revision [0-9]+ not supported",  # with RULE_APPEND failed (siderolabs/pkgs 1065), and alone
    )
)
_NOT_ALLOWED: Final = re.compile(
    r"operation not permitted|permission denied|must be root|a password is required|a terminal is required|"
    r"not in the sudoers|is not allowed to execute|may not run sudo",
    re.IGNORECASE,
)


class ProbeResult(msgspec.Struct, frozen=True):
    """What the probe and its IPv4 control came to: exit status, and standard output and error together."""

    v6_exit: int
    v6_output: str
    v4_exit: int
    v4_output: str


class ProbeState(StrEnum):
    """What a probe proves."""

    BROKEN = "broken"
    SOUND = "sound"
    INCONCLUSIVE = "inconclusive"


class ProbeVerdict(msgspec.Struct, frozen=True):
    """What a probe proves and in which words; `would_help` where it proves nothing."""

    state: ProbeState
    sentence: str
    would_help: str | None = None


def mark_signature(text: str) -> str | None:
    """The words by which ip6tables says that the kernel has no MARK for it, or None where it says no such thing.

    Output may be wrapped in a log's quotes; the range has an en dash on the runbook's page and a hyphen in reality, and
    iptables before 1.8.8 calls the option unknown.
    """
    found = (signature.search(text) for signature in _SIGNATURES)
    return next((match[0] for match in found if match is not None), None)


def judge_probe(result: ProbeResult) -> ProbeVerdict:
    """Say what a probe proves.

    A rule that went in proves the target, whatever the control did. A failure proves its lack only where the control
    went in, the program ran at all, and its words are those of the missing target.
    """
    words = mark_signature(result.v6_output)
    if result.v6_exit == 0 and words is None:
        return ProbeVerdict(ProbeState.SOUND, "the probe's rule with ip6tables MARK was accepted")
    if result.v6_exit == 0:
        return _inconclusive(f"ip6tables accepted the probe's rule and yet said: {words}", "run it by hand on the host")
    if result.v4_exit != 0:
        return _obstructed("its IPv4 control fails too", result.v4_exit, result.v4_output)
    if words is not None:
        return ProbeVerdict(ProbeState.BROKEN, f"{UNAVAILABLE}: the probe ended with {result.v6_exit}, {words}")
    return _obstructed("ip6tables failed, not by the MARK target", result.v6_exit, result.v6_output)


def _obstructed(what: str, status: int, output: str) -> ProbeVerdict:
    """Why the probe tells nothing: no rights, no program, no time, or words that are not known."""
    line = next((one.strip() for one in output.splitlines() if one.strip()), "no output")
    said = f"{what} (exit {status}: {line})"
    if _NOT_ALLOWED.search(output):
        return _inconclusive(said, "root, or sudo without a password, on the host")
    if status in (_NO_COMMAND, _NOT_EXECUTABLE):
        return _inconclusive(said, "iptables and unshare (util-linux) on the host, and root or sudo")
    if status in (_TIMED_OUT, _KILLED):
        return _inconclusive(said, "a host that answers within the time given")
    return _inconclusive(said, "run it by hand on the host")


def _inconclusive(why: str, would_help: str) -> ProbeVerdict:
    return ProbeVerdict(ProbeState.INCONCLUSIVE, f"the probe tells nothing: {why}", would_help)
