"""Which controllers admission keeps from creating their pods now, and which were only refused once.

Enforcement acts at creation alone, so a pod that exists was not stopped by it (facts/kubernetes.md): what counts is a
controller that lacks pods, admission's last words to it, and what its template comes to under the namespace's labels.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from domain.facts import Unread, by_namespace, undecided
from domain.objects import Namespace
from domain.pod_security import LATEST, NEWEST, Level, Mode, PodSpecError, PolicyVersion, policy_from_labels, refusal
from domain.resources import EVENTS, POD_CONTROLLERS
from domain.verdict import Grade, Note, Undecided
from domain.workloads import Controller, RefusedPods, Told, last_told


class KeptOut(msgspec.Struct, frozen=True):
    """A controller whose pods admission refuses; `words` are admission's own, or computed where it was not heard."""

    controller: Controller
    words: str
    told: Told | None
    grade: Grade

    def __str__(self) -> str:
        missing = self.controller.missing
        return f"{self.controller} is kept out, {missing} pod{'s' * (missing != 1)} missing: {self.words}"

    @property
    def evidence(self) -> dict[str, str | int | None]:
        """Why it is believed, for a finding."""
        return {
            "controller": str(self.controller),
            "pods missing": self.controller.missing,
            "admission": self.words,
            "known from": self.told.source if self.told else "its pod template, judged under the namespace's labels",
            "last seen": self.told.seen.isoformat() if self.told and self.told.seen else None,
        }


class NotRetried(msgspec.Struct, frozen=True):
    """A controller that was refused, would be admitted now, and has not tried again yet."""

    controller: Controller
    told: Told

    def __str__(self) -> str:
        heard = self.told.refusal.text
        return f"{self.controller} would be admitted now, and lacks pods since it heard: {heard}"


class Latent(msgspec.Struct, frozen=True):
    """A controller that has its pods, and would not get them again: enforcement stops no pod that exists.

    `since` is the version of the server that changes that, where the one that runs still lets them in.
    """

    controller: Controller
    words: str
    since: PolicyVersion | None = None

    def __str__(self) -> str:
        after = f" after an upgrade to {self.since} or newer, by which `latest` is another" if self.since else ""
        return (
            f"{self.controller} has its pods; those that are made anew will be refused{after}, unless the namespace is "
            f"exempt from admission: {self.words}"
        )


class Unjudged(msgspec.Struct, frozen=True):
    """A controller that lacks pods under a level that might refuse them, and whose template cannot be judged."""

    controller: Controller
    reason: str

    def __str__(self) -> str:
        return f"{self.controller} lacks pods, and its template cannot be judged: {self.reason}"


Judged = KeptOut | NotRetried | Latent | Unjudged


def judge(  # noqa: PLR0911  one return for each thing that admission can do
    controller: Controller, namespace: Namespace | None, refusals: Iterable[RefusedPods], server: PolicyVersion | None
) -> Judged | None:
    """Say what admission does to a controller's pods; None where it lacks none or nothing points at admission.

    `namespace` is None where it could not be read; `server` is the version that judges `latest`.
    """
    enforce = policy_from_labels(namespace.metadata.labels).enforce if namespace else None
    if not controller.missing:
        return _latent(controller, enforce, server)
    told = last_told(controller, refusals)
    if enforce is None or enforce.level is None:
        if told is None:
            return None  # the cluster's default decides, and cannot be read: nothing says that it refuses
        if lets_in(controller, told.refusal.level, server, PolicyVersion.parse(told.refusal.version)):
            return NotRetried(controller, told)
        return KeptOut(controller, told.refusal.text, told, Grade.PROVEN)
    try:
        words = would_refuse(controller, enforce.level, server, enforce.version)
    except PodSpecError as error:
        heard = told is not None and told.refusal.level == enforce.level
        words = told.refusal.text if told is not None and heard else None
        if words is None:
            return Unjudged(controller, str(error))
    if words is None:
        return NotRetried(controller, told) if told else None
    if told is not None and told.refusal.level == enforce.level:
        return KeptOut(controller, told.refusal.text, told, Grade.PROVEN)
    return KeptOut(controller, words, told, Grade.PREDICTED)


def _latent(controller: Controller, enforce: Mode | None, server: PolicyVersion | None) -> Latent | None:
    """What awaits the pods of a controller that lacks none; a template that cannot be judged is nobody's loss now."""
    if not controller.created or enforce is None or enforce.level is None:
        return None
    with contextlib.suppress(PodSpecError):
        words = would_refuse(controller, enforce.level, server, enforce.version)
        return Latent(controller, words) if words else _after_an_upgrade(controller, enforce, server)
    return None


def _after_an_upgrade(controller: Controller, enforce: Mode, server: PolicyVersion | None) -> Latent | None:
    """The first newer server that would refuse what this one lets in, by the newest version that is known here."""
    assert enforce.level is not None
    if server is None or would_refuse(controller, enforce.level, NEWEST, enforce.version) is None:
        return None
    newer = (PolicyVersion(latest=False, minor=minor) for minor in range(server.minor + 1, NEWEST.minor + 1))
    told = ((version, would_refuse(controller, enforce.level, version, enforce.version)) for version in newer)
    return next((Latent(controller, words, version) for version, words in told if words), None)


def judge_all(
    controllers: Iterable[Controller],
    namespaces: Mapping[str, Namespace],
    refusals: Iterable[RefusedPods],
    git_version: str | None,
) -> dict[str, list[Judged]]:
    """What admission does to each controller that it does something to, by namespace, in the order read."""
    server = PolicyVersion.of_server(git_version) if git_version else None
    heard = tuple(refusals)
    judged: dict[str, list[Judged]] = {}
    for controller in controllers:
        came_to = judge(controller, namespaces.get(controller.namespace), heard, server)
        if came_to is not None:
            judged.setdefault(controller.namespace, []).append(came_to)
    return judged


def left_open(unread: Iterable[Unread], there: Mapping[str, Namespace]) -> Iterator[Undecided | Note]:
    """What could not be read, by namespace; of one that enforces privileged, controllers and events need not be.

    Its level lets every pod in, whatever its controllers are: that holds of a bundle that left the namespace out, too.
    """
    everything = list(unread)
    needless = [u for u in everything if _needless(u, there)]
    yield from undecided((u for u in everything if u not in needless), by_namespace)
    for one in undecided(needless, by_namespace):
        yield Note(one.subject, f"enforces privileged, so what was not read there keeps no pods out; {one.reason}")


def _needless(unread: Unread, there: Mapping[str, Namespace]) -> bool:
    namespace = there.get(unread.namespace or "")
    if namespace is None or unread.resource not in (*POD_CONTROLLERS, EVENTS):
        return False
    return policy_from_labels(namespace.metadata.labels).enforce.level is Level.PRIVILEGED


def would_refuse(
    controller: Controller, level: Level, server: PolicyVersion | None, version: PolicyVersion = LATEST
) -> str | None:
    """What admission would say of the pods that a controller's template makes, or None where it lets them in.

    Privileged looks at no pod. Raises PodSpecError for a template that cannot be read as a pod's.
    """
    return None if level is Level.PRIVILEGED else refusal(template(controller), level, version, server=server)


def lets_in(
    controller: Controller, level: Level, server: PolicyVersion | None, version: PolicyVersion = LATEST
) -> bool:
    """Whether a level is known to let a controller's pods in: a template that cannot be judged is not known to."""
    try:
        return would_refuse(controller, level, server, version) is None
    except PodSpecError:
        return False


def template(controller: Controller) -> dict[str, object]:
    """A controller's pod template as plain JSON: `{"metadata": …, "spec": …}`."""
    decoded: dict[str, object] = msgspec.json.decode(controller.object.spec.template)
    return decoded if isinstance(decoded, dict) else {}
