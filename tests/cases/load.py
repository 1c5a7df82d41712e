"""Cases: plain Kubernetes objects in YAML, named by verdict, run through a check's own facts and its detect().

`tests/cases/<page>/<fault>/<what>.<verdict>.yaml`; `Case` says what may stand in one. The facts are the real ones over
the real store; only the cluster is a stand-in, for no API server can be had in the states that most cases are about.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import msgspec
import pytest
import yaml

from domain.artifacts import read_artifact, recognise
from domain.facts import Unread
from domain.hosts import HostFacts, HostsRead
from domain.kernels import Distribution, ProbeResult
from domain.plan import Plan, Refusal
from domain.remedy import Ask
from domain.resources import LOGS, NODES, PACK_GROUP, Query, Resource
from domain.verdict import Finding, Grade, Note, Outcome, Statement, Undecided, Verdict, decide
from fixtures.artifacts.reader import Artifacts
from fixtures.artifacts.targets import ArtifactStore
from fixtures.artifacts.writing import digest
from fixtures.errors import Forbidden, NotFound, ReadTimedOut
from fixtures.facts import calico, cilium, cluster, files, hosts, nodes, palette, pods, workloads
from fixtures.reading import Listing
from fixtures.store import Store
from fixtures.verdict import FINDINGS
from tests import helm

HERE = Path(__file__).parent
WHO = "system:serviceaccount:ops:packcheck"
MODULES = (calico, cilium, cluster, files, hosts, nodes, palette, workloads)
CUSTOM = (
    Resource(PACK_GROUP, "v1alpha1", "packs", "Pack"),
    Resource("crd.projectcalico.org", "v1", "felixconfigurations", "FelixConfiguration", namespaced=False),
    Resource("crd.projectcalico.org", "v1", "ippools", "IPPool", namespaced=False),
    Resource("projectcalico.org", "v3", "felixconfigurations", "FelixConfiguration", namespaced=False),
    Resource("cilium.io", "v2", "ciliumnodeconfigs", "CiliumNodeConfig"),
    Resource("operator.tigera.io", "v1", "installations", "Installation", namespaced=False),
)


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Unanswered(_Record, frozen=True, kw_only=True):
    """A read that gets no answer: forbidden, or out of time; without a namespace, in all of them at once."""

    verb: str
    resource: str
    namespace: str | None = None
    name: str | None = None
    timeout: bool = False


class Host(_Record, frozen=True, kw_only=True):
    """A host that was read, or `unread` for the reason that it was not; `more` are fields of HostFacts.

    `is_node` is one that was taken from the cluster's own nodes; `offers` are the packages of its apt.
    """

    name: str
    kernel: str = "6.8.0-57-generic"
    build: str = "#59-Ubuntu SMP"
    os: str = "ubuntu"
    machine_id: str = ""
    boot_id: str = ""
    probe: Literal["broken", "sound", "not allowed", "not run"] = "broken"
    unread: str = ""
    is_node: bool = False
    offers: tuple[str, ...] | None = None
    more: dict[str, Any] = {}

    @property
    def subject(self) -> str:
        """What was not read: a node of --hosts=nodes by its name, else the host."""
        return self.name if self.is_node else f"host:{self.name}"


PROBES = {
    "broken": ProbeResult(2, 'MARK: bad value for option "--set-mark", or out of range (0-4294967295).', 0, ""),
    "sound": ProbeResult(0, "", 0, ""),
    "not allowed": ProbeResult(1, "sudo: a password is required", 1, "sudo: a password is required"),
    "not run": None,
}
"""What the probe answered on a host of each kind."""


class Said(_Record, frozen=True, kw_only=True):
    """A statement that is expected: about what, in words among which these are."""

    subject: str
    words: tuple[str, ...] = ()
    grade: Grade | None = None
    would_help: str | None = None
    by_hand: tuple[str, ...] | None = None
    evidence: dict[str, Any] = {}


class HelmRelease(_Record, frozen=True, kw_only=True):
    """A release of Helm's in kube-system, by what its Secret would hold."""

    values: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    chart: str = "cilium"
    version: str = "1.17.4"
    release: str = "cilium-cilium"
    revision: int = 1
    status: str = "deployed"


class Case(_Record, frozen=True, kw_only=True):
    """A cluster at a time, and what a check says of it: these findings, undecided subjects and notes, and no others.

    `logs` are those of pods' containers, by `namespace/pod/container`; `alone` is a host in the place of a cluster.
    """

    about: str
    now: datetime
    version: str = "v1.31.4"
    server: str | None = None
    read_helm_secrets: bool = False
    releases: tuple[HelmRelease, ...] = ()
    objects: tuple[dict[str, Any], ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    logs: dict[str, str] = {}
    hosts: tuple[Host, ...] = ()
    alone: bool = False
    kernel_wanted: str = ""
    files: dict[str, str] = {}
    """Files that are named beside the cluster, or in its place where there are no objects: their text by path."""

    findings: tuple[Said, ...] = ()
    undecided: tuple[Said, ...] = ()
    notes: tuple[Said, ...] = ()
    reason: str = ""


class CaseReader:
    """A cluster that holds a case's objects; implements fixtures.reading.Reader."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.objects = (*case.objects, *(helm.secret(**msgspec.structs.asdict(one)) for one in case.releases))
        self.asked: list[str] = []

    def list(self, query: Query) -> Listing:
        """Every object that the query's namespace and selectors choose."""
        self._answer(query)
        return Listing(tuple(msgspec.Raw(msgspec.json.encode(o)) for o in self._of(query) if _chosen(o, query)))

    def get(self, query: Query) -> msgspec.Raw:
        """The object of that name."""
        self._answer(query)
        for item in self._of(query):
            if item["metadata"]["name"] == query.name:
                return msgspec.Raw(msgspec.json.encode(item))
        raise NotFound(f'{query.resource.plural} "{query.name}" not found')

    def log(self, namespace: str, pod: str, container: str, *, previous: bool = False, lines: int = 200) -> str:
        """The log of that container; NotFound where the case has none."""
        del previous, lines
        self._answer(Query(LOGS, namespace, pod))
        text = self._case.logs.get(f"{namespace}/{pod}/{container}")
        if text is None:
            raise NotFound(f"{container} of {pod} has no log yet")
        return text

    def version(self) -> str:
        """The case's version."""
        self._answer(Query(Resource("", "v1", "version", "Version", namespaced=False), name="version"))
        return self._case.version

    def resources(self, group: str) -> tuple[Resource, ...]:
        """Custom resources, where the case holds any of them or asks for them in vain."""
        self._answer(Query(Resource(group, "*", "apigroup", "APIGroup", namespaced=False), name=group))
        asked = {one.resource for one in self._case.unanswered}
        here = [r for r in CUSTOM if r.plural in asked or any(_is(o, r) for o in self._case.objects)]
        return tuple(r for r in here if r.group == group)

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, query: Query) -> None:
        self.asked.append(str(query))
        for one in self._case.unanswered:
            if (one.verb, one.resource, one.namespace, one.name) == (
                query.verb,
                query.resource.plural,
                query.namespace,
                query.name,
            ):
                raise ReadTimedOut("no answer in 30 s", "--read-timeout") if one.timeout else Forbidden(query, WHO, "")

    def _of(self, query: Query) -> Iterator[dict[str, Any]]:
        for item in self.objects:
            if _is(item, query.resource) and query.namespace in (None, item["metadata"].get("namespace")):
                yield item


def _is(item: dict[str, Any], resource: Resource) -> bool:
    return (item["kind"], item["apiVersion"]) == (resource.kind, resource.api_version)


def _chosen(item: dict[str, Any], query: Query) -> bool:
    """Whether labels (`key` or `key=value`) and one field (`reason=x`, `spec.nodeName=n1`) are as the query has them."""
    labels = item["metadata"].get("labels", {})
    for each in query.labels.split(",") if query.labels else ():
        label, has_value, value = each.partition("=")
        if label not in labels or (has_value and labels[label] != value):
            return False
    field, _, wanted = query.fields.partition("=")
    found: Any = item
    for part in field.split("."):
        found = found.get(part, {}) if part else found
    return not field or found == wanted


class CaseStore(Store):
    """The store of a case, with the hosts that were read beside it."""

    def __init__(self, case: Case, reader: CaseReader | None = None) -> None:
        super().__init__(lambda: reader or CaseReader(case))
        self.server, self.reads_helm_secrets = case.server, case.read_helm_secrets
        self._case = case

    def hosts(self) -> HostsRead:
        """The hosts of the case."""
        unread = Resource("", "", "hosts", "", namespaced=False)
        return HostsRead(
            tuple(_host(host) for host in self._case.hosts if not host.unread),
            tuple(
                Unread(NODES if h.is_node else unread, None, h.subject, h.unread) for h in self._case.hosts if h.unread
            ),
            asked=bool(self._case.hosts),
            alone=self._case.alone,
        )

    def offers(self, name: str) -> tuple[str, ...]:
        """What apt offers on a host of the case; a ReadError where it does not say."""
        found = next(host for host in self._case.hosts if host.name == name)
        if found.offers is None:
            raise ReadTimedOut(f"{name}: apt-cache did not answer", "--read-timeout")
        return found.offers


def _host(host: Host) -> HostFacts:
    return msgspec.structs.replace(
        msgspec.convert({"name": host.name, **host.more}, HostFacts),
        uname_r=host.kernel,
        uname_v=host.build,
        distribution=Distribution(id=host.os, name=host.os),
        machine_id=host.machine_id,
        boot_id=host.boot_id,
        probe=PROBES[host.probe],
    )


def paths(fault: str) -> list[Any]:
    """The cases of `packs/upgrade_pod`, as parameters named by file."""
    found = sorted((HERE / fault).glob("*.yaml"))
    assert found, f"there are no cases of {fault}"
    return [pytest.param(path, id=path.stem) for path in found]


def load(path: Path) -> Case:
    """Read a case; raises msgspec.ValidationError for what is none."""
    return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), Case)


def outcome_of(path: Path) -> Outcome:
    """What a case comes to, by its name."""
    return Outcome(path.stem.rpartition(".")[2])


def store_of(case: Case) -> Store:
    """What a case's target answers: its cluster, or its files alone."""
    read = [(path, recognise(path, text), text) for path, text in case.files.items()]
    found = tuple(a for path, kind, text in read if kind and (a := read_artifact(path, kind, text)))

    class CaseFiles(ArtifactStore):
        def found(self) -> Artifacts:
            return Artifacts(found)

        def text_of(self, path: str) -> tuple[str, str]:
            text = case.files[path]
            return text, digest(text.encode())

        def to_edit(self, path: str) -> tuple[str, str]:
            return self.text_of(path)

    alone = CaseFiles(HERE)
    if case.files and not case.objects:
        return alone
    store = CaseStore(case)
    store.declared = (alone,) if case.files else ()
    return store


def facts(case: Case, function: Callable[..., Any], **given: Any) -> dict[str, Any]:
    """What a check's detect() or a remedy's plan() asks for by name, gathered from a case; `given` comes as it is."""
    store = store_of(case)
    return {name: _fact(name, case, store, given) for name in inspect.signature(function).parameters}


NEAR_FINDINGS: dict[str, Any] = {
    "pods_there": pods.pods_there,
    "offered_kernels": hosts.offered_kernels,
    "pods_on_nodes": hosts.pods_on_nodes,
}
"""Facts that are asked for only once there are findings, which say of what."""


def _fact(name: str, case: Case, store: Store, given: dict[str, Any]) -> Any:
    if name in given:
        return given[name]
    if name in ("now", "kernel_wanted"):
        return getattr(case, name)
    if name in NEAR_FINDINGS:
        stash = pytest.Stash()
        stash[FINDINGS] = tuple(given["findings"])
        request: Any = SimpleNamespace(node=SimpleNamespace(stash=stash))
        return NEAR_FINDINGS[name]._get_wrapped_function()(request, store)
    definition: Any = next(found for module in MODULES if (found := getattr(module, name, None)))
    gather = getattr(definition, "gather", None) or definition._get_wrapped_function()  # what is read near findings
    return gather(store)


def verdict_of(case: Case, detect: Callable[..., Iterable[Statement]]) -> Verdict:
    """What a check says of a case, decided."""
    return decide(detect(**facts(case, detect)))


def planned(
    case: Case, detect: Callable[..., Iterable[Statement]], plan: Callable[..., Iterable[Plan | Refusal]], *allow: str
) -> list[Plan | Refusal]:
    """What a remedy would do about the findings that a check has of a case."""
    findings = verdict_of(case, detect).findings
    ask = Ask("prod", "packs/it", "remedy", frozenset(allow))
    return list(plan(**facts(case, plan, findings=findings, ask=ask)))


def hold(case: Case, verdict: Verdict) -> None:
    """Assert that a verdict says what its case expects, and nothing else."""
    assert case.reason in verdict.reason
    _same(case.findings, verdict.findings)
    _same(case.undecided, verdict.undecided)
    _same(case.notes, verdict.notes)
    for expected, finding in zip(case.findings, verdict.findings, strict=True):
        assert expected.grade is None or finding.grade is expected.grade
        assert expected.by_hand is None or finding.by_hand == expected.by_hand
        for key, value in expected.evidence.items():
            assert finding.evidence[key] == value
        assert finding.source
        assert finding.by_hand
    for expected, undecided in zip(case.undecided, verdict.undecided, strict=True):
        assert (expected.would_help or "") in (undecided.would_help or "")


def _same(expected: tuple[Said, ...], found: Iterable[Finding | Undecided | Note]) -> None:
    said = [(one.subject, one.reason if isinstance(one, Undecided) else one.message) for one in found]
    assert [one.subject for one in expected] == [subject for subject, _ in said], said
    for one, (_, message) in zip(expected, said, strict=True):
        for words in one.words:
            assert words in message
