"""The verdicts and the words of domain/pod_security against a real API server's, for thousands of generated pods.

PACKCHECK_POD_SECURITY_PODS makes it another number of pods, PACKCHECK_POD_SECURITY_SEED others.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from random import Random
from typing import Any, NamedTuple, Protocol

import pytest

from domain.pod_security import LATEST, Level, PolicyVersion, parse_refusal, policy_from_labels, refusal, violations
from tests.domain.pod_security.coverage import Change, Coverage, changes, told_apart, violating
from tests.domain.pod_security.generator import ephemeral_container, pods
from tests.domain.pod_security.oracle import CONNECTIONS, FORBIDDEN, Answer, Oracle, enforcing

pytestmark = [pytest.mark.controlplane, pytest.mark.slow]

PODS = int(os.environ.get("PACKCHECK_POD_SECURITY_PODS", "5100"))
SEED = int(os.environ.get("PACKCHECK_POD_SECURITY_SEED", "20260"))
EACH_CHANGE = 8
EPHEMERAL = 400
LOST = 0.02
"""The share of generated pods that the API may refuse as invalid."""


class ControlPlane(Protocol):
    """What the rig offers and this needs."""

    @property
    def kubeconfig(self) -> Any: ...


class Trial(NamedTuple):
    """A pod to be judged in a namespace, and the change that it shows there (it is judged before the change too)."""

    level: Level
    version: PolicyVersion
    pod: dict[str, Any]
    shows: Change | None = None

    @property
    def namespace(self) -> str:
        """The namespace of that level and version."""
        return f"ps-{self.level}-{self.version}".replace(".", "-")


@pytest.fixture(scope="module")
def oracle(controlplane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    with Oracle(controlplane.kubeconfig, tmp_path_factory.mktemp("oracle")) as oracle:
        yield oracle


def test_verdicts_and_words_are_those_of_the_api_server(oracle: Oracle, capsys: pytest.CaptureFixture[str]) -> None:
    server = oracle.version
    known = [change for change in changes() if change.since <= server]
    trials = list(_trials(server, known))
    for name, labels in {trial.namespace: enforcing(trial.level, trial.version) for trial in trials}.items():
        oracle.namespace(name, labels)
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        answers = list(threads.map(lambda trial: oracle.create(trial.namespace, trial.pod), trials))

    judged = [(trial, answer) for trial, answer in zip(trials, answers, strict=True) if _was_judged(answer)]
    lost = [answer.message for answer in answers if not _was_judged(answer)]
    wrong = [f"{trial}\n{answer}\n{said}" for trial, answer in judged if (said := _expected(trial, server)) != answer]
    coverage = Coverage()
    for trial, _ in judged:
        coverage.count(trial.level, trial.version, _violated(trial, server))
        if trial.shows is not None:
            coverage.apart[trial.shows.control.id, trial.shows.since] += trial.version == trial.shows.since
    verdicts = Counter(answer.admitted for _, answer in judged)
    _say(
        capsys,
        f"{len(judged)} pods judged by {server}: {verdicts[True]} admitted, {verdicts[False]} refused, "
        f"{len(wrong)} differences, {len(lost)} not valid, {len({t.namespace for t in trials})} namespaces",
        coverage.table(changes(), server),
    )

    assert not wrong, "\n\n".join(wrong[:5])
    assert len(lost) <= LOST * len(trials), "\n".join(lost[:5])
    assert len(judged) >= min(PODS, 5000)
    assert coverage.missing(known) == []


def _trials(server: PolicyVersion, known: list[Change]) -> Iterator[Trial]:
    """Every pod at one level and version, in turn; some also where they fail a control and around changes they show."""
    numbers = {change.since.minor for change in known}
    before = {minor - 1 for minor in numbers if minor}
    versions = [PolicyVersion(latest=False, minor=minor) for minor in sorted(numbers | before | {server.minor})]
    versions += [LATEST, PolicyVersion(latest=False, minor=server.minor + 1), PolicyVersion(latest=False, minor=99)]
    asked = [(level, version) for level in (Level.BASELINE, Level.RESTRICTED) for version in versions]
    apart: Counter[Change] = Counter()
    refused: Counter[Change] = Counter()
    made = pods(Random(SEED))  # noqa: S311 - the same pods each time
    for (level, version), pod in zip(cycle([*asked, (Level.PRIVILEGED, LATEST)]), islice(made, PODS), strict=False):
        yield Trial(level, version, pod)
        for change in told_apart(pod, known):
            if apart[change] < EACH_CHANGE and change.before is not None:
                apart[change] += 1
                yield Trial(change.control.level, change.before, pod)
                yield Trial(change.control.level, change.since, pod, change)
        for change in violating(pod, known):
            if refused[change] < EACH_CHANGE:
                refused[change] += 1
                yield Trial(change.control.level, change.since, pod)


def _was_judged(answer: Answer) -> bool:
    return answer.admitted or (answer.status == FORBIDDEN and "violates PodSecurity" in answer.message)


def _expected(trial: Trial, server: PolicyVersion) -> Answer:
    said = refusal(trial.pod, trial.level, trial.version, server=server)
    return Answer(201, "") if said is None else Answer(403, _forbidden(trial.pod["metadata"]["name"], said))


def _violated(trial: Trial, server: PolicyVersion) -> Iterator[str]:
    return (each.control for each in violations(trial.pod, trial.level, trial.version, server=server))


def _forbidden(name: str, said: str) -> str:
    return f'pods "{name}" is forbidden: {said}'


def test_ephemeral_containers_are_judged_as_the_api_server_judges_them(
    oracle: Oracle, capsys: pytest.CaptureFixture[str]
) -> None:
    server, random = oracle.version, Random(SEED)  # noqa: S311 - the same pods each time
    versions = [PolicyVersion.parse(f"v1.{minor}") for minor in (0, 19, 22, 24, 25, 31, 34, 35)] + [LATEST]
    where = [(level, version) for level in (Level.BASELINE, Level.RESTRICTED) for version in versions]
    hardened: dict[str, Any] = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    own = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    bases: dict[str, dict[str, Any]] = {
        "hardened": {
            "securityContext": hardened,
            "containers": [{"name": "web", "image": "i", "securityContext": own}],
        },
        "userns": {
            "hostUsers": False,
            "securityContext": hardened,
            "containers": [{"name": "web", "image": "i", "securityContext": own}],
        },
        "host": {"hostNetwork": True, "containers": [{"name": "web", "image": "i", "ports": [{"containerPort": 80}]}]},
    }
    stored: dict[tuple[str, str], dict[str, Any]] = {}
    namespaces: dict[tuple[Level, PolicyVersion], str] = {}
    for level, version in where:
        namespace = namespaces[level, version] = f"eph-{level}-{version}".replace(".", "-")
        oracle.namespace(namespace, enforcing(Level.PRIVILEGED, LATEST))  # the cluster may have another default
        for name, spec in bases.items():
            made = oracle.create(namespace, {"metadata": {"name": name}, "spec": spec}, rehearse=False)
            assert made.admitted, made.message
            stored[namespace, name] = oracle.get(namespace, name)
        oracle.label(namespace, enforcing(level, version))
        _wait_until_enforced(oracle, namespace)

    verdicts: Counter[tuple[str, bool]] = Counter()
    for (level, version), number in zip(cycle(where), range(EPHEMERAL), strict=False):
        name = random.choice(list(bases))
        userns = name == "userns"
        added = [
            ephemeral_container(random, f"debug-{number}-{each}", own_user_namespace=userns)
            for each in range(random.choice((1, 1, 2)))
        ]
        pod = stored[namespaces[level, version], name]
        pod = {**pod, "spec": {**pod["spec"], "ephemeralContainers": added}}
        answer = oracle.rehearse_ephemeral(namespaces[level, version], name, added)
        said = refusal(pod, level, version, server=server)
        expected = Answer(200, "") if said is None else Answer(403, _forbidden(name, said))
        assert answer == expected, added
        verdicts[str(level), answer.admitted] += 1
    _say(capsys, f"{EPHEMERAL} patches with ephemeral containers: {dict(verdicts)}, no differences")
    assert all(verdicts[str(level), admitted] for level, _ in where for admitted in (True, False))


def _say(capsys: pytest.CaptureFixture[str], *lines: str) -> None:
    """Write to the terminal whatever is captured: what was compared is part of the proof."""
    with capsys.disabled():
        sys.stdout.write("\n".join(("", *lines, "")))


def _wait_until_enforced(oracle: Oracle, namespace: str) -> None:
    """Admission learns of a label through its watch; a privileged pod, asked for again and again, shows when."""
    container = {"name": "p", "image": "i", "securityContext": {"privileged": True}}
    for _ in range(1000):
        if not oracle.create(namespace, {"metadata": {"name": "p"}, "spec": {"containers": [container]}}).admitted:
            return
    raise AssertionError(f"{namespace} never enforced its level")


def test_what_controllers_are_refused_is_known_from_their_templates(oracle: Oracle) -> None:
    template: dict[str, Any] = {
        "metadata": {
            "labels": {"app": "speaker"},
            "annotations": {"container.apparmor.security.beta.kubernetes.io/s": "unconfined"},
        },
        "spec": {
            "hostNetwork": True,
            "restartPolicy": "Always",
            "containers": [{"name": "s", "image": "i", "ports": [{"containerPort": 7472}]}],
        },
    }
    job = {**template, "spec": {**template["spec"], "restartPolicy": "Never"}}
    chosen = {"selector": {"matchLabels": template["metadata"]["labels"]}, "template": template}
    oracle.namespace("workloads", enforcing(Level.BASELINE, LATEST))
    oracle.create_workload("workloads", "apps/v1", "ReplicaSet", "rs", {"replicas": 1, **chosen})
    oracle.create_workload("workloads", "apps/v1", "StatefulSet", "ss", {"serviceName": "ss", **chosen})
    oracle.create_workload("workloads", "batch/v1", "Job", "job", {"template": job})

    words = {}
    for event in oracle.events("workloads"):
        if event["reason"] == "FailedCreate":
            words[event["involvedObject"]["kind"]] = parse_refusal(event["message"])
        if len(words) == 3:
            break
    expected = refusal(template, Level.BASELINE, LATEST, server=oracle.version)
    assert expected is not None
    assert "hostPort" in expected
    assert {kind: said and said.text for kind, said in words.items()} == dict.fromkeys(
        ("ReplicaSet", "StatefulSet", "Job"), expected
    )
    reasons = tuple(map(str, violations(template, Level.BASELINE, server=oracle.version)))
    assert {said.reasons for said in words.values() if said} == {reasons}


@pytest.mark.parametrize(
    "labels",
    [
        {"enforce": "Baseline"},
        {"enforce": "base", "audit": "", "warn": "none"},
        {"enforce": "baseline", "enforce-version": "1.30", "audit-version": "v1.08", "warn-version": "v2.0"},
        {"enforce-version": "v1.99999999999999999999", "warn": "restricted"},
        {"audit": "strict", "audit-version": "Latest", "warn": "restricted", "warn-version": "v1.30"},
    ],
)
def test_invalid_labels_are_said_in_the_words_of_the_api_server(oracle: Oracle, labels: dict[str, str]) -> None:
    given = {f"pod-security.kubernetes.io/{mode}": value for mode, value in labels.items()}
    errors = [str(error) for error in policy_from_labels(given).errors]
    said = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
    assert oracle.rehearse_namespace("odd", given) == Answer(422, f'Namespace "odd" is invalid: {said}')
