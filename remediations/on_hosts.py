"""What is changed on hosts: packages by apt, holds, a reboot that is waited for and looked at, IPv6 by a sysctl.

Each is pinned to the machine and the boot that it was planned on, is started detached and followed, and counts as made
only once the host itself, read afresh, is as it should be.
"""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from domain.decoding import decode
from domain.hosts import HostFacts, tasks
from domain.mark import on_host
from domain.objects import Node
from domain.plan import Act, Change, Rollback, RunOnHost, pointer
from domain.quorum import quorum_lost
from domain.resources import NODES, Query, Resource
from fixtures.errors import AnswerLost, ReadError, WriteError, WriteRefused
from fixtures.hosts.spec import HostSpec
from fixtures.hosts.writing import HostWriter
from fixtures.store import Store
from fixtures.writing import Written
from remediations.patching import Moved, reversed_edits

if TYPE_CHECKING:
    from remediations.kinds import Hand

EVERY_S: Final = 1.0
"""How often a host is asked how far it is."""

LAST: Final = 120
"""How many characters of what a task says last are shown while it is waited for."""

GONE_TIMES: Final = 3
"""How often in a row a task may be found neither running nor ended before it counts as lost."""

_BACK: Final = {Act.HOLD: Act.UNHOLD, Act.WRITE: Act.REMOVE, Act.INSTALL: Act.SETTLE}
"""What takes an act back; of an installation, which stays, it is that nothing of it is left under way or half done."""

_LOOKED_UP: Final = (Act.HOLD, Act.WRITE)
"""Acts of which a half may be made where they failed."""


class HostFailed(WriteError):
    """A host did not do what it was asked, or did not come back as it should."""


class OnHosts:
    """How hosts are changed (a Kind)."""

    def look(self, store: Store, change: RunOnHost) -> dict[str, Any]:
        """The host as it is now; where nothing takes the change back, one that does not answer is that."""
        try:
            found: dict[str, Any] = msgspec.to_builtins(store.host_now(change.ref.name))
        except ReadError as error:
            if change.irreversible:
                return {"unread": error.reason}
            raise
        return found

    def left_to_do(self, change: RunOnHost, current: dict[str, Any] | None) -> Change | None:
        """The change, until the host is so."""
        return change if current is None or "unread" in current or not _is_so(change, _facts(current)) else None

    def touched(self, change: RunOnHost, current: dict[str, Any]) -> dict[str, Any]:
        """What tells of the change: the boot, the kernel, and the packages or the sysctls that it is about."""
        if "unread" in current:
            return current
        facts = _facts(current)
        return {
            "boot id": facts.boot_id,
            "kernel": facts.uname_r,
            "installed": [name for name in change.names if name in facts.packages.installed],
            "held": [name for name in change.names if name in facts.packages.holds],
            "half configured": list(facts.packages.half_configured),
            "ipv6": msgspec.to_builtins(facts.ipv6),
        }

    def request(self, change: RunOnHost, current: dict[str, Any], hand: "Hand") -> Callable[[], Written]:
        """What has the host do it, and waits for the end; raises Moved for another machine or another boot."""
        if "unread" in current:
            raise WriteRefused(f"{change.ref}: nothing was sent: {current['unread']}")
        if hand.hosts is None:
            raise WriteRefused(f"{change.ref}: a host has no rehearsal: what is planned is shown, and not tried")
        _pinned(change, _facts(current))
        doing = _Doing(change, hand, hand.hosts)
        if change.act is Act.SETTLE and str(Act.INSTALL) in _facts(current).tasks:
            return doing.wait_for_installation
        return doing.reboot if change.act is Act.REBOOT else doing.task

    def opposite(self, change: RunOnHost) -> Change | None:
        """Holds are let go of, the sysctl's file is taken away, an installation is waited for; a boot is over."""
        if change.act not in _BACK:
            return None
        return msgspec.structs.replace(
            change,
            act=_BACK[change.act],
            edits=reversed_edits(change.edits),
            boot_id="",
            irreversible="",
            reason="takes back what a run changed",
            command="",
            rollback=Rollback.TAKE_BACK,
        )

    def vanished(self, change: RunOnHost, current: dict[str, Any] | None) -> str:
        """Why there is nothing left to take a change back from: another machine has the host's name."""
        if current is None or _facts(current).machine_id == change.ref.uid:
            return ""
        return "another machine has its name now, and what was changed is gone with the one before"

    def check(self, change: RunOnHost, current: dict[str, Any] | None, earlier: Iterable[Change]) -> None:
        """Raise Moved where it is another machine or another boot than it was planned on."""
        del earlier
        if current is None or "unread" in current:
            raise Moved("it does not answer")
        _pinned(change, _facts(current))

    def rights(self, change: RunOnHost) -> Iterable[tuple[str, Resource, str]]:
        """None of the API's, but to look at the node that the host is."""
        del change
        return ()


def _facts(current: dict[str, Any]) -> HostFacts:
    return msgspec.convert(current, HostFacts)


def _pinned(change: RunOnHost, facts: HostFacts) -> None:
    if facts.machine_id != change.ref.uid:
        raise Moved("it is another machine (by its machine-id)")
    if change.boot_id and facts.boot_id != change.boot_id:
        raise Moved("it was rebooted since")


def _is_so(change: RunOnHost, facts: HostFacts) -> bool:
    """Whether a host is already as a change would have it."""
    packages, names = facts.packages, set(change.names)
    off = bool(facts.ipv6.off) and any(line.startswith(f"{change.names[0]}:") for line in facts.ipv6_set)
    so = {
        Act.INSTALL: names <= set(packages.installed) and not packages.half_configured,
        Act.SETTLE: str(Act.INSTALL) not in facts.tasks and not packages.half_configured,
        Act.HOLD: names <= set(packages.holds),
        Act.UNHOLD: not names & set(packages.holds),
        Act.REBOOT: facts.uname_r == change.names[0],
        Act.WRITE: off,
        Act.REMOVE: not off,
    }
    return so[change.act]


def _script(change: RunOnHost) -> str:
    """What root of the host executes."""
    if change.act is Act.INSTALL:
        return tasks.install(change.names)
    if change.act is Act.SETTLE:
        return tasks.settle()
    if change.act in (Act.HOLD, Act.UNHOLD):
        return tasks.hold(change.names, held=change.act is Act.HOLD)
    if change.act is Act.REBOOT:
        return tasks.reboot()
    if change.act is Act.WRITE:
        return tasks.ipv6_off(change.names[0])
    before = {edit.path: int(edit.after or 0) for edit in change.edits if edit.path.startswith("/sysctl/")}
    every, default = (before[pointer("sysctl", name)] for name in (tasks.EVERY_INTERFACE, tasks.TO_COME))
    return tasks.ipv6_back(change.names[0], (every, default))


class _Doing:
    """One change of one host, while it is made."""

    def __init__(self, change: RunOnHost, hand: "Hand", writer: HostWriter) -> None:
        self._change, self._hand, self._writer = change, hand, writer
        self._host: HostSpec = writer.named(change.ref.name, hand.store)
        self._begun = time.monotonic()

    def task(self) -> Written:
        """Start it and follow it to its end, then look whether the host is so; raises HostFailed."""
        name = str(self._change.act)
        self._writer.start(self._host, name, _script(self._change))
        return self._ended(name)

    def wait_for_installation(self) -> Written:
        """Follow an installation that an earlier run began; what it leaves half done is ended then."""
        self._followed(str(Act.INSTALL))
        return self.task()

    def _ended(self, name: str) -> Written:
        ended = self._followed(name)
        try:
            facts = self._writer.read(self._host)
        except ReadError as error:
            raise AnswerLost(
                f"{self._host.name}: {name} ended with {ended.status}, and then: {error.reason}"
            ) from error
        if not _is_so(self._change, facts):
            half = ", ".join(facts.packages.half_configured)
            left = f"; half configured: {half}" if half else ""
            said = f"{self._host.name}: {name} ended with {ended.status}, and it is not so{left}: {ended.words}"
            raise AnswerLost(said) if half or self._change.act in _LOOKED_UP else HostFailed(said)
        return Written(msgspec.to_builtins(facts))

    def reboot(self) -> Written:
        """Reboot, and wait for the same machine in another boot, of the kernel wanted, sound, and Ready as a node."""
        before = self._change.boot_id
        self._keep_quorum()
        try:
            self._writer.start(self._host, "reboot", _script(self._change))
        except AnswerLost as lost:  # it may have been fast: whether it is another boot is looked at below
            self._hand.tell(f"  {lost}")
        facts = self._back(before)
        kernel = self._change.names[0]
        if facts.uname_r != kernel:
            raise HostFailed(f"{self._host.name} came back with kernel {facts.uname_r}, not {kernel}")
        judged = on_host(facts)
        if judged.mark.affected is not False:
            raise HostFailed(f"{self._host.name} came back with kernel {kernel}, and {judged.mark.sentence}")
        self._ready(facts)
        return Written(msgspec.to_builtins(facts))

    def _followed(self, name: str) -> tasks.Progress:
        """The task once it has ended; raises HostFailed at the deadline, or AnswerLost where nobody can tell."""
        gone = 0
        while True:
            try:
                now = self._writer.progress(self._host, name)
            except ReadError as error:  # what was started goes on without us
                self._writer.reconnect(self._host)
                now = tasks.Progress(None, running=True, words=error.reason)
            if now.status is not None:
                return now
            gone = 0 if now.running else gone + 1
            if gone >= GONE_TIMES:
                raise AnswerLost(f"{self._host.name}: {name} neither runs nor has ended: {now.words}")
            self._wait(f"{name} on {self._host.name}", now.words[-LAST:], "it goes on by itself there")

    def _back(self, before: str) -> HostFacts:
        """The host in another boot than `before`; a host that answers meanwhile is still on its way down."""
        while True:
            self._writer.reconnect(self._host)
            try:
                facts = self._writer.read(self._host)
            except ReadError as error:
                now = error.reason
            else:
                if facts.boot_id != before:
                    return facts
                now = "still in the boot before"
            self._wait(f"the reboot of {self._host.name}", now, "it was told to reboot")

    def _ready(self, facts: HostFacts) -> None:
        """Wait until the host's kubelet has told the API of this boot, and the node is Ready."""
        name = self._host.node or self._change.ref.name
        while True:
            try:
                node = self._node(facts)
            except ReadError as error:
                now = error.reason
            else:
                if node is not None and node.info.boot_id.lower() == facts.boot_id and node.ready:
                    return
                now = "its kubelet has not said that it is Ready in this boot"
            self._wait(f"Node {name}", now, "its host is back")

    def _keep_quorum(self) -> None:
        """Raise WriteRefused where the control plane would lose its majority now, whatever it was when planned."""
        nodes = self._nodes()
        node = next((one for one in nodes if one.info.machine_id.lower() == self._change.ref.uid), None)
        why = quorum_lost(node, nodes) if node is not None else ""
        if why:
            raise WriteRefused(f"{self._host.name} is not rebooted: {why}")

    def _node(self, facts: HostFacts) -> Node | None:
        return next((node for node in self._nodes() if node.info.machine_id.lower() == facts.machine_id), None)

    def _nodes(self) -> list[Node]:
        """The cluster's nodes as they are now; raises a ReadError."""
        return [decode(item, Node) for item in self._hand.store.reader.list(Query(NODES)).items]

    def _wait(self, what: str, now: str, meanwhile: str) -> None:
        """Wait a moment; raises an error once it took too long, or the run is to stop.

        What goes on by itself may be made all the same, so that nobody knows; a reboot is not sent again.
        """
        unended = HostFailed if self._change.act is Act.REBOOT else AnswerLost
        waited = time.monotonic() - self._begun
        if waited > self._change.timeout_s:
            raise unended(f"waited in vain ({self._change.timeout_s:.0f} s) for {what}: {now}")
        if self._hand.stop.is_set():
            raise unended(f"asked to stop while waiting for {what} ({meanwhile}): {now}")
        self._hand.tell(f"  waiting for {what}: {now} ({waited:.0f} s)")
        self._hand.stop.wait(EVERY_S)
