"""What reaches into targets while something is written: a writer for each target that has steps, its lock, its rights.

Made for a plan that is not empty and for nothing else, so that a run which changes nothing holds nothing that could.
"""

from collections.abc import Callable, Iterable, Mapping

from domain.conflicts import Step
from domain.plan import Change, WaitFor
from domain.resources import LEASES, Resource
from domain.run import TargetKind
from fixtures.errors import PackcheckError, rule_text
from fixtures.targets import OpenTarget
from fixtures.writing import Writer
from remediations.kinds import kind_of
from remediations.lease import Lease
from remediations.stopping import Stop


class Rightless(PackcheckError):
    """Who runs this may not do what the plan does; the text has the rule that would help."""


class Hand:
    """A target's store and writer, while something is written to it; `lease` is held where it needs a lock."""

    def __init__(self, target: OpenTarget, *, dry_run: bool, stop: Stop, tell: Callable[[str], None]) -> None:
        self.target = target
        self.store = target.store
        self.writer: Writer = target.open_writer(dry_run=dry_run)
        self.hosts = target.open_host_writer() if target.open_host_writer and not dry_run else None
        self.lease: Lease | None = None
        self.dry_run, self.stop, self.tell = dry_run, stop, tell

    @property
    def sent(self) -> int:
        """How many requests and commands were sent that change anything."""
        return self.writer.sent + (self.hosts.sent if self.hosts is not None else 0)

    def lost(self) -> str:
        """Why the target's Lease is not ours any more; nothing where it is, or where none is needed."""
        return self.lease.lost if self.lease else ""


class Hands:
    """The hands of a run, by target, which lock clusters and let go of them; they reach nothing until opened."""

    def __init__(
        self,
        *,
        run: str,
        tell: Callable[[str], None],
        stop: Stop,
        lease_namespace: str,
        lease_duration_s: int,
        dry_run: bool,
    ) -> None:
        self._hands: dict[str, Hand] = {}
        self._run, self._tell, self._stop, self._dry_run = run, tell, stop, dry_run
        self._lease_namespace, self._lease_duration_s = lease_namespace, lease_duration_s

    def __call__(self, target: str) -> Hand:
        """The hand on a target."""
        return self._hands[target]

    @property
    def writes(self) -> int:
        """How many requests were sent that change anything, the locks' included."""
        return sum(hand.sent for hand in self._hands.values())

    def open(self, targets: Iterable[OpenTarget]) -> None:
        """Log in to each target to write to it; raises a ReadError where that fails."""
        for target in targets:
            self._hands[target.id] = Hand(target, dry_run=self._dry_run, stop=self._stop, tell=self._tell)

    def ask_rights(self, steps: Iterable[Step]) -> None:
        """Ask each server beforehand whether every step may be made; raises Rightless naming the first rule missing."""
        wanted: dict[tuple[str, str, Resource, str | None, str, str], None] = {}
        for step in steps:
            for verb, resource, subresource in rights(step.change):
                ref = step.change.ref
                wanted[(step.target, verb, resource, ref.namespace, subresource, ref.name)] = None
        for hand in self._locked():
            for verb in ("get", "create", "patch", "delete"):
                wanted[(hand.target.id, verb, LEASES, self._lease_namespace, "", "")] = None
        for target, verb, resource, namespace, subresource, name in wanted:
            review = self._hands[target].writer.may(verb, resource, namespace, subresource, name)
            if not review.allowed:
                where = f" in namespace {namespace}" if namespace else ""
                rule = rule_text(resource, (verb,), subresource or None)
                said = f" ({review.reason})" if review.reason else ""
                raise Rightless(
                    f"{target}: no right to {verb} {resource.plural}{where}{said}; this rule would give it: {rule}"
                )

    def lock(self, wait_s: float, stop: Stop) -> None:
        """Take each cluster's Lease; raises Held, a ReadError or a WriteError. What was taken is let go by `close`."""
        for hand in self._locked():
            lease = Lease(
                hand.store.reader, hand.writer, self._lease_namespace, self._run, self._tell, self._lease_duration_s
            )
            lease.take(wait_s, stop)
            hand.lease = lease

    def close(self) -> None:
        """Release every Lease and let go of the writers."""
        for hand in self._hands.values():
            if hand.lease is not None:
                hand.lease.release()
            hand.writer.close()

    def _locked(self) -> list[Hand]:
        """The targets that need a lock: others can reach a cluster, and nobody else a sandbox."""
        return [hand for hand in self._hands.values() if hand.target.kind is TargetKind.CLUSTER]


def rights(change: Change) -> Iterable[tuple[str, Resource, str]]:
    """The verbs, resources and subresources that a change needs, beside the reading of what it changes."""
    if isinstance(change, WaitFor):
        return [("watch", change.ref.resource, ""), ("get", change.ref.resource, "")]
    return kind_of(change).rights(change)


def by_target(targets: Mapping[str, OpenTarget], steps: Iterable[Step]) -> list[OpenTarget]:
    """The targets that steps are for, in the order of the run."""
    wanted = {step.target for step in steps}
    return [target for name, target in targets.items() if name in wanted]
