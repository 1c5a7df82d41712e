"""What becomes of a change on a host in every way that it can go; tests/joined/ makes them on real hosts.

The host is told what to answer, for no real one can be had that loses a task, or whose kubelet lags behind.
"""

from typing import Any

import msgspec
import pytest

from domain.hosts import HostFacts, IPv6Sysctls, Packages, tasks
from domain.hosts.tasks import EVERY_INTERFACE, SYSCTL_FILE, TO_COME, Progress
from domain.kernels import Distribution, ProbeResult
from domain.plan import Act, Edit, Ref, Rollback, RunOnHost, pointer
from domain.resources import HOSTS, NODES, Query
from fixtures.errors import AnswerLost, HostLost, HostUnknown, ReadError, ReadTimedOut, WriteRefused
from fixtures.hosts.spec import HostSpec
from fixtures.hosts.writing import HostWriter
from fixtures.store import Store
from remediations import on_hosts
from remediations.on_hosts import HostFailed, OnHosts
from remediations.patching import Moved
from remediations.stopping import Stop
from tests.fixtures.told import Told, named

BAD, GOOD = "6.8.0-57-generic", "6.8.0-60-generic"
NAMES = ("linux-image-6.8.0-60-generic", "linux-modules-6.8.0-60-generic")
SOUND = ProbeResult(0, "", 0, "")
BEFORE = HostFacts(
    name="h1",
    machine_id="machine",
    boot_id="boot-1",
    uname_r=BAD,
    distribution=Distribution(id="ubuntu", version_id="24.04", name="Ubuntu 24.04.2 LTS"),
    ipv6=IPv6Sysctls(0, 0),
)
AFTER = msgspec.structs.replace(BEFORE, boot_id="boot-2", uname_r=GOOD, probe=SOUND)
INSTALLED = msgspec.structs.replace(BEFORE, packages=Packages(installed=NAMES))
HELD = msgspec.structs.replace(BEFORE, packages=Packages(installed=NAMES, holds=NAMES))
OFF = msgspec.structs.replace(
    BEFORE, ipv6=IPv6Sysctls(1, 1), ipv6_set=(f"{SYSCTL_FILE}:net.ipv6.conf.all.disable_ipv6 = 1",)
)
KIND = OnHosts()


def change(act: Act, names: tuple[str, ...] = NAMES, **more: Any) -> RunOnHost:
    edits = more.pop("edits", tuple(Edit(pointer("packages", name), None, "so") for name in names))
    given: dict[str, Any] = {"boot_id": "boot-1", "timeout_s": 60.0, "reason": "why", "command": "sudo …"} | more
    return RunOnHost(ref=Ref(HOSTS, None, "h1", "machine"), act=act, names=names, edits=edits, **given)


WRITE = change(
    Act.WRITE,
    (SYSCTL_FILE,),
    edits=(
        Edit(pointer("files", SYSCTL_FILE), None, "turns IPv6 off at boot"),
        Edit(pointer("sysctl", EVERY_INTERFACE), 0, 1),
        Edit(pointer("sysctl", TO_COME), 1, 1),
    ),
)
INSTALL = change(Act.INSTALL, irreversible="stays", rollback=Rollback.KEEP)
HOLD, BOOT = change(Act.HOLD), change(Act.REBOOT, (GOOD,), irreversible="over", rollback=Rollback.KEEP)


class Writer(HostWriter):
    """A host that answers what it is told to, one answer after the other; the last one is for ever."""

    def __init__(self, reads: list[HostFacts | ReadError], progress: list[Progress | ReadError] | None = None) -> None:
        super().__init__(None, lambda name, _: HostSpec(name=name, address=name))  # type: ignore[arg-type]
        self.reads, self.told = (
            list(reads),
            list[Progress | ReadError](progress or [Progress(0, running=False, words="done")]),
        )
        self.started: list[tuple[str, str]] = []
        self.reconnected = 0
        self.lost: AnswerLost | None = None

    def read(self, spec: HostSpec) -> HostFacts:
        assert spec.name == "h1"
        found = self.reads.pop(0) if len(self.reads) > 1 else self.reads[0]
        if isinstance(found, ReadError):
            raise found
        return found

    def start(self, spec: HostSpec, name: str, task: str) -> None:
        assert spec.name == "h1"
        self.started.append((name, task))
        if self.lost is not None:
            raise self.lost

    def progress(self, spec: HostSpec, name: str) -> Progress:
        assert (spec.name, bool(name)) == ("h1", True)
        found = self.told.pop(0) if len(self.told) > 1 else self.told[0]
        if isinstance(found, ReadError):
            raise found
        return found

    def reconnect(self, spec: HostSpec) -> None:
        assert spec.name == "h1"
        self.reconnected += 1


class Hand:
    """The hand of an executor, with a host in it."""

    def __init__(self, hosts: HostWriter | None, nodes: list[Any] | ReadError | None = None) -> None:
        self.hosts, self.dry_run, self.stop, self.writer = hosts, hosts is None, Stop(), None
        found = [node("boot-2")] if nodes is None else nodes
        self.store = Store(lambda: Told({Query(NODES): found}))
        self.said: list[str] = []

    def tell(self, line: str) -> None:
        self.said.append(line)

    @staticmethod
    def lost() -> str:
        return ""


def node(boot: str, *, ready: bool = True) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": str(ready)}]
    return named("n1", status={"nodeInfo": {"machineID": "machine", "bootID": boot}, "conditions": conditions})


def make(one: RunOnHost, hand: Hand, current: HostFacts = BEFORE) -> dict[str, Any]:
    return KIND.request(one, msgspec.to_builtins(current), hand)().object


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two looks."""
    monkeypatch.setattr(on_hosts, "EVERY_S", 0.0)


@pytest.mark.parametrize(
    ("one", "after", "script"),
    [
        (INSTALL, INSTALLED, tasks.install(NAMES)),
        (HOLD, HELD, tasks.hold(NAMES)),
        (change(Act.UNHOLD), INSTALLED, tasks.hold(NAMES, held=False)),
        (WRITE, OFF, tasks.ipv6_off(SYSCTL_FILE)),
    ],
    ids=lambda value: value.act if isinstance(value, RunOnHost) else None,
)
def test_each_is_started_followed_and_counts_once_the_host_is_so(one: RunOnHost, after: HostFacts, script: str) -> None:
    writer = Writer([after], [Progress(None, running=True, words="at it"), Progress(0, running=False, words="done")])
    hand = Hand(writer)
    assert make(one, hand)["boot_id"] == "boot-1"
    assert writer.started == [(str(one.act), script)]
    assert any("at it" in line for line in hand.said)
    assert KIND.left_to_do(one, msgspec.to_builtins(after)) is None


def test_what_is_taken_back_sets_what_was_there_before() -> None:
    back = KIND.opposite(WRITE)
    assert isinstance(back, RunOnHost)
    assert (back.act, back.boot_id) == (Act.REMOVE, "")
    writer = Writer([BEFORE])
    make(back, Hand(writer), OFF)
    assert writer.started == [("remove", tasks.ipv6_back(SYSCTL_FILE, (0, 1)))]
    assert KIND.opposite(BOOT) is None
    unhold = KIND.opposite(HOLD)
    assert isinstance(unhold, RunOnHost)
    assert (unhold.act, unhold.edits[0].after) == (Act.UNHOLD, None)


def test_what_has_surely_failed_says_so() -> None:
    with pytest.raises(HostFailed, match="h1: install ended with 100, and it is not so: E: Unable to locate package"):
        make(INSTALL, Hand(Writer([BEFORE], [Progress(100, running=False, words="E: Unable to locate package")])))


@pytest.mark.parametrize("one", [INSTALL, HOLD, WRITE], ids=lambda one: str(one.act))
def test_what_may_be_half_made_has_to_be_looked_up(one: RunOnHost) -> None:
    half = msgspec.structs.replace(BEFORE, packages=Packages(half_configured=("linux-image",)))
    writer = Writer([half], [Progress(100, running=False, words="E: No space left on device")])
    with pytest.raises(
        AnswerLost, match="ended with 100, and it is not so; half configured: linux-image: E: No space left"
    ):
        make(one, Hand(writer))


def test_an_installation_is_not_taken_back_but_waited_for_and_ended() -> None:
    settle = KIND.opposite(INSTALL)
    assert isinstance(settle, RunOnHost)
    assert (settle.act, settle.irreversible, settle.boot_id) == (Act.SETTLE, "", "")
    assert KIND.left_to_do(settle, msgspec.to_builtins(INSTALLED)) is None
    half = msgspec.structs.replace(BEFORE, packages=Packages(half_configured=("linux-image",)))
    under_way = msgspec.structs.replace(BEFORE, tasks=("install",))
    for current, before in ((half, 0), (under_way, 1)):
        assert KIND.left_to_do(settle, msgspec.to_builtins(current)) is settle
        progress: list[Progress | ReadError] = [Progress(None, running=True, words="Unpacking")] * before
        writer = Writer([INSTALLED], [*progress, Progress(0, running=False, words="done")])
        hand = Hand(writer)
        make(settle, hand, current)
        assert writer.started == [("settle", tasks.settle())]
        assert len(hand.said) == before


def test_a_task_that_is_nowhere_to_be_found_has_to_be_looked_up() -> None:
    gone, runs = Progress(None, running=False, words=""), Progress(None, running=True, words="")
    writer = Writer([BEFORE], [gone, gone, runs, gone, gone, gone])
    with pytest.raises(AnswerLost, match="h1: install neither runs nor has ended"):
        make(INSTALL, Hand(writer))
    assert len(writer.told) == 1


def test_a_connection_that_breaks_meanwhile_is_made_anew() -> None:
    writer = Writer([INSTALLED], [HostLost("the connection broke"), Progress(0, running=False, words="done")])
    hand = Hand(writer)
    make(INSTALL, hand)
    assert writer.reconnected == 1
    assert "the connection broke" in hand.said[0]
    with pytest.raises(AnswerLost, match="h1: install ended with 0, and then: the connection broke"):
        make(INSTALL, Hand(Writer([HostLost("the connection broke")])))


def test_a_task_that_takes_too_long_is_left_to_itself() -> None:
    with pytest.raises(AnswerLost, match=r"waited in vain \(-1 s\) for install on h1: Unpacking"):
        make(
            change(Act.INSTALL, timeout_s=-1.0),
            Hand(Writer([BEFORE], [Progress(None, running=True, words="Unpacking")])),
        )


def test_who_asks_to_stop_is_heard_and_what_was_begun_goes_on() -> None:
    hand = Hand(Writer([BEFORE], [Progress(None, running=True, words="Unpacking")]))
    hand.stop.set()
    with pytest.raises(
        AnswerLost, match=r"asked to stop while waiting for install on h1 \(it goes on by itself there\)"
    ):
        make(INSTALL, hand)


def test_a_reboot_is_over_once_another_boot_is_sound_and_its_node_ready() -> None:
    writer = Writer([BEFORE, HostLost("down"), AFTER])
    hand = Hand(writer)
    assert make(BOOT, hand)["uname_r"] == GOOD
    assert writer.reconnected == 3
    assert [line.split(": ", 1)[1] for line in hand.said] == ["still in the boot before (0 s)", "down (0 s)"]


def test_a_control_plane_that_would_lose_its_majority_by_now_keeps_its_node() -> None:
    labels = {"metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}}}
    members = [node("boot-1"), *(named(f"c{n}", status={"conditions": []}) for n in (2, 3))]
    writer = Writer([AFTER])
    with pytest.raises(
        WriteRefused, match="h1 is not rebooted: n1 is one of 3 control-plane nodes, of which 2 must be"
    ):
        make(BOOT, Hand(writer, [{**one, "metadata": {**one["metadata"], **labels["metadata"]}} for one in members]))
    assert writer.started == []


def test_a_reboot_whose_answer_was_lost_is_looked_for() -> None:
    writer = Writer([AFTER])
    writer.lost = AnswerLost("the connection broke")
    hand = Hand(writer)
    make(BOOT, hand)
    assert "the connection broke" in hand.said[0]


@pytest.mark.parametrize(
    ("back", "words"),
    [
        ({"uname_r": BAD}, f"h1 came back with kernel {BAD}, not {GOOD}"),
        ({"probe": ProbeResult(1, "x", 1, "sudo: a password is required"), "uname_r": "6.9.1-odd"}, "not 6.8.0-60"),
        ({"probe": ProbeResult(2, 'MARK: bad value for option "--set-mark", or out of range (0-4294967295).', 0, "")},
         f"h1 came back with kernel {GOOD}, and ip6tables MARK is unavailable"),
    ],
)  # fmt: skip
def test_a_host_that_comes_back_otherwise_has_failed(back: dict[str, Any], words: str) -> None:
    with pytest.raises(HostFailed, match=words.replace("(", r"\(")):
        make(BOOT, Hand(Writer([msgspec.structs.replace(AFTER, **back)])))


@pytest.mark.parametrize(
    "nodes",
    [[], [node("boot-1")], [node("boot-2", ready=False)], ReadTimedOut("no answer in 30 s")],
    ids=["no node", "the boot before", "not Ready", "not read"],
)
def test_a_node_that_does_not_become_ready_is_waited_for_in_vain(nodes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remediations.on_hosts._Doing._keep_quorum", lambda _: None)
    times = iter(range(0, 1000, 40))
    monkeypatch.setattr("remediations.on_hosts.time.monotonic", lambda: float(next(times)))
    with pytest.raises(HostFailed, match=r"waited in vain \(60 s\) for Node h1: "):
        make(BOOT, Hand(Writer([AFTER]), nodes))


@pytest.mark.parametrize(
    ("now", "words"),
    [({"machine_id": "another"}, "it is another machine"), ({"boot_id": "boot-9"}, "it was rebooted since")],
)
def test_another_machine_and_another_boot_are_not_touched(now: dict[str, Any], words: str) -> None:
    current = msgspec.to_builtins(msgspec.structs.replace(BEFORE, **now))
    for ask in (
        lambda: KIND.request(INSTALL, current, Hand(Writer([BEFORE]))),
        lambda: KIND.check(INSTALL, current, ()),
    ):
        with pytest.raises(Moved, match=words):
            ask()


def test_what_is_as_planned_is_fit_to_be_carried_out() -> None:
    KIND.check(INSTALL, msgspec.to_builtins(BEFORE), ())
    assert KIND.rights(INSTALL) == ()


@pytest.mark.parametrize("current", [None, {"unread": "down"}])
def test_a_host_that_does_not_answer_is_not_what_was_planned_on(current: Any) -> None:
    with pytest.raises(Moved, match="it does not answer"):
        KIND.check(INSTALL, current, ())
    assert KIND.left_to_do(INSTALL, current) is INSTALL


def test_of_a_dead_host_only_what_nothing_takes_back_can_be_told() -> None:
    store = Store(lambda: Told({}))
    unread = KIND.look(store, INSTALL)
    assert unread == {"unread": "h1: this run was given no hosts"}
    assert KIND.touched(INSTALL, unread) == unread
    with pytest.raises(WriteRefused, match="Host/h1: nothing was sent: h1: this run was given no hosts"):
        KIND.request(INSTALL, unread, Hand(Writer([BEFORE])))
    with pytest.raises(HostUnknown):
        KIND.look(store, HOLD)


def test_a_host_is_looked_at_as_it_is_at_that_moment() -> None:
    class Asked(Store):
        def host_now(self, name: str) -> HostFacts:
            assert name == "h1"
            return BEFORE

    assert KIND.look(Asked(lambda: Told({})), HOLD) == msgspec.to_builtins(BEFORE)


def test_a_rehearsal_sends_nothing_to_hosts() -> None:
    with pytest.raises(WriteRefused, match="a host has no rehearsal"):
        make(INSTALL, Hand(None))


def test_what_is_touched_is_told_as_it_was() -> None:
    touched = KIND.touched(HOLD, msgspec.to_builtins(HELD))
    assert (touched["held"], touched["installed"]) == (list(NAMES), list(NAMES))
    assert (touched["boot id"], touched["kernel"]) == ("boot-1", BAD)


@pytest.mark.parametrize(("machine", "gone"), [("machine", False), ("another", True)])
def test_what_was_changed_goes_with_the_machine(machine: str, gone: bool) -> None:
    current = msgspec.to_builtins(msgspec.structs.replace(HELD, machine_id=machine))
    assert bool(KIND.vanished(HOLD, current)) is gone
    assert KIND.vanished(HOLD, None) == ""
