"""Turn IPv6 off in Calico where it is not needed, so that Felix asks nothing of ip6tables that the kernel lacks."""

from collections.abc import Iterable, Iterator
from typing import Any

from domain.artifacts import ArtifactsRead
from domain.calico import CONTAINER, INSTALLATIONS, CalicoPod, Install, Kind
from domain.calico_ipv6 import OFF, VALUES, AsWritten, IPv6Users, OnNode, on_nodes, rollout_status, set_env
from domain.edits import FileTexts
from domain.facts import Fact
from domain.felix import IPV6_SUPPORT, FelixRead, felix_boolean
from domain.felix.environment import Variable, variable
from domain.objects import Node
from domain.plan import Edit, PatchObject, Plan, Ref, Refusal, Until, WaitFor
from domain.remedy import Ask, Remedy, Sends
from domain.resources import DAEMON_SETS, EVICTIONS, NODES, PODS
from domain.run import TargetKind
from domain.verdict import Finding, Note
from remediations.packs.calico.disable_ipv6_sysctl import paired_with
from remediations.packs.calico.installation import NO_ADDRESS, OWNER, take_away
from remediations.packs.calico.update_kernel import update_kernel
from remediations.packs.calico.values import turn_off_in_files

CONTAINERS = "/spec/template/spec/containers"
NAMED = (CONTAINER, "canal", "rke2-canal")
WAIT_S, WAIT_PER_NODE_S = 120.0, 60.0
DURABLE = (
    "Palette reconciles what it deploys and may take a direct edit back; the durable place is the Calico pack's "
    f'values, {".".join(line.strip(" :") for line in VALUES[:-1])}.{IPV6_SUPPORT}: "{OFF}"'
)
LINGER = "rules of IPv6 that Felix programmed before may stay on a node until it reboots"
LEFT_CORDONED = "update-kernel was interrupted there and left it cordoned: that remedy lets it take pods again"
OTHER_WAYS = "a fixed kernel is the way where IPv6 is needed"


def add_disable_ipv6_stage(
    findings: Iterable[Finding], ask: Ask, artifacts: ArtifactsRead, artifact_texts: FileTexts
) -> Iterator[Plan | Refusal]:
    """Plan the OS pack's or the user-data's stage that turns IPv6 off, and never without the Calico value."""
    yield from turn_off_in_files(findings, ask, artifacts, artifact_texts, with_stage=True)


class _Refused(Exception):
    """Why the environment is not changed."""


def disable_calico_ipv6(
    findings: Iterable[Finding],
    ask: Ask,
    calico: Fact[Install],
    calico_pods: Fact[CalicoPod],
    felix: FelixRead,
    nodes: Fact[Node],
    ipv6_users: IPv6Users,
    artifacts: ArtifactsRead = ArtifactsRead(),  # noqa: B008  a frozen record
    artifact_texts: FileTexts = FileTexts(),  # noqa: B008  a frozen record
) -> Iterator[Plan | Refusal]:
    """Plan one change of each DaemonSet that a finding concerns; the plans for all its nodes carry the same one.

    Of files, one of each file that has a Calico pack's values.
    """
    if artifacts.alone:
        yield from turn_off_in_files(findings, ask, artifacts, artifact_texts)
        return
    there = {one.subject: one for one in on_nodes(calico.items, nodes.items, calico_pods, felix)}
    for finding in findings:
        one = there.get(finding.subject)
        if one is None:
            yield ask.refusal(finding.subject, "Calico is not seen on the node any more, and nothing is changed unseen")
            continue
        if one.left_cordoned:
            yield ask.refusal(finding.subject, LEFT_CORDONED)
            continue
        try:
            _spares(one.install, there.values(), ask.waived)
            changes = _changes(one.install, felix, ipv6_users)
        except _Refused as refused:
            yield ask.refusal(finding.subject, str(refused))
        else:
            yield ask.plan(finding.subject, changes, tuple(_remarks(one)))


def _spares(install: Install, there: Iterable[OnNode], waived: tuple[str, ...]) -> None:
    """Refuse what would turn IPv6 off on a node, too, for whose finding somebody answers."""
    too = [one.subject for one in there if one.install == install and one.subject in waived]
    if too:
        raise _Refused(
            f"{install} serves {', '.join(too)} too, whose finding is waived and so is not remedied: a change of it is "
            "for every node"
        )


def _changes(install: Install, read: FelixRead, users: IPv6Users) -> tuple[PatchObject | WaitFor, ...]:
    """The change and the wait for its rollout; the wait alone where the template has it and pods are older."""
    if users.needs:
        raise _Refused(f"IPv6 is needed here: {'; '.join(users.needs)}; {OTHER_WAYS}")
    if users.unread:
        raise _Refused(f"whether IPv6 is needed, and what to change, was not read: {'; '.join(users.unread)}")
    if install.kind is Kind.OPERATOR:
        found = take_away(install, read, _wait(install))
        if isinstance(found, str):
            raise _Refused(found)
        return found
    strategy = install.daemon_set.spec.update_strategy.type
    if strategy != "RollingUpdate":
        raise _Refused(
            f"the updateStrategy of {install} is {strategy}: a change replaces no pod; {set_env(install)}, and delete "
            "its pods one after the other"
        )
    written = users.as_written(install)
    if written is None or install.felix is None:
        raise _Refused(f"{install} is not there any more as it was read, or has no container {CONTAINER}")
    said = variable(install.felix, IPV6_SUPPORT, install.namespace, read.config_maps)
    done = said.value is not None and not felix_boolean(said.value, default=True).value
    wait = _wait(install)
    return (wait,) if done else (_patch(install, written, said), wait)


def _patch(install: Install, written: AsWritten, said: Variable) -> PatchObject:
    """The whole environment of the one container, from what it is to what it should be.

    So it is pinned: whoever changes a name, an order or a value of it in the meantime makes the change be refused.
    """
    index, container = next((i, c) for i, c in enumerate(written.containers) if c.get("name") == CONTAINER)
    if said.where.startswith("envFrom"):
        raise _Refused(f"{said.where} of {install} sets it: change it there, for others may use it too")
    before: list[dict[str, Any]] | None = container.get("env")
    path = f"{CONTAINERS}/{index}"
    if before:
        edit = Edit(f"{path}/env", before, _turned_off(before, install))
    else:  # nothing there tells this container from another one: the whole of it does
        edit = Edit(path, container, {**container, "env": _turned_off([], install)})
    return PatchObject(
        ref=_ref(install),
        edits=(edit,),
        reason="the environment outranks every FelixConfiguration, and serves every node of the DaemonSet",
        command=set_env(install),
    )


def _turned_off(env: list[dict[str, Any]], install: Install) -> list[dict[str, Any]]:
    """The environment with the variable off: of several entries, in any case of letters, the last counts."""
    own = [index for index, one in enumerate(env) if one["name"].upper() == IPV6_SUPPORT]
    if not own:
        return [*env, {"name": IPV6_SUPPORT, "value": OFF}]
    last = env[own[-1]]
    if "valueFrom" in last:
        source = ", ".join(sorted(last["valueFrom"]))
        raise _Refused(f"env {last['name']} of {install} has its value from elsewhere ({source}): change it there")
    return [{**one, "value": OFF} if index == own[-1] else one for index, one in enumerate(env)]


def _wait(install: Install) -> WaitFor:
    desired = install.daemon_set.status.desired_number_scheduled
    return WaitFor(
        ref=_ref(install),
        until=Until.ROLLED_OUT,
        timeout_s=WAIT_S + WAIT_PER_NODE_S * desired,
        reason="a Felix goes by the environment of its own pod, and the pods are replaced one after the other",
        command=rollout_status(install),
    )


def _ref(install: Install) -> Ref:
    meta = install.daemon_set.metadata
    return Ref(DAEMON_SETS, meta.namespace, meta.name, meta.uid)


def _remarks(one: OnNode) -> Iterator[str]:
    if one.felix.where.startswith("FelixConfiguration"):
        yield f"{one.felix.where} stays as it is: it may be for some nodes alone, and the environment outranks it"
    yield from (OWNER, NO_ADDRESS) if one.install.kind is Kind.OPERATOR else (DURABLE,)
    yield LINGER


def afterwards(findings: Iterable[Finding], calico_pods: Fact[CalicoPod]) -> Iterator[Note]:
    """Say which of Calico's pods are not Ready though their Felix does no IPv6 any more."""
    on = {pod.spec.node_name: pod for pod in calico_pods.items if pod.metadata.deletion_timestamp is None}
    for finding in findings:
        pod = on.get(finding.subject.removeprefix("Node/"))
        if pod is not None and not pod.ready:
            yield Note(finding.subject, f"{pod} is not Ready (yet): its own log says why")


DISABLE_CALICO_IPV6 = Remedy(
    id="disable-calico-ipv6",
    title=f"set {IPV6_SUPPORT}={OFF} in Calico's DaemonSet, or take IPv6 out of the operator's Installation, and wait "
    "for the rollout; in files, in the pack's values",
    undo="what was there before is set again, which replaces the pods again; in files, the lines",
    acts_on=(TargetKind.CLUSTER, TargetKind.SANDBOX, TargetKind.ARTIFACTS),
    plan=disable_calico_ipv6,
    afterwards=afterwards,
    sends=(
        Sends(DAEMON_SETS, ("get", "watch", "patch"), namespace="kube-system", names=NAMED),
        Sends(DAEMON_SETS, ("get", "watch", "patch"), "calico-system", NAMED, "where Calico lives in calico-system"),
        Sends(INSTALLATIONS, ("get", "patch"), names=("default",)),
    ),
)

UPDATE_KERNEL = Remedy(
    id="update-kernel",
    title="install a fixed kernel by apt, node by node: drained, rebooted, looked at, and taking pods again",
    undo="the hold is let go of; the kernel stays installed",
    plan=update_kernel,
    sends=(
        Sends(NODES, ("get", "list", "patch")),
        Sends(PODS, ("list",)),
        Sends(EVICTIONS, ("create",)),
    ),
)

DISABLE_IPV6_SYSCTL = Remedy(
    id="disable-ipv6-sysctl",
    title="turn IPv6 off in the hosts' operating system as well; not sufficient by itself, so paired with Calico's",
    undo="the file is taken away and the sysctls are set as they were; Calico's half as disable-calico-ipv6 has it",
    plan=paired_with(disable_calico_ipv6),
    afterwards=afterwards,
    sends=DISABLE_CALICO_IPV6.sends,
)

ADD_DISABLE_IPV6_STAGE = Remedy(
    id="add-disable-ipv6-stage",
    title="in files, turn IPv6 off by a stage of the OS pack or the user-data; paired with Calico's value",
    undo="the lines from before are set again",
    plan=add_disable_ipv6_stage,
    acts_on=(TargetKind.ARTIFACTS,),
)

REMEDIES = (DISABLE_CALICO_IPV6, UPDATE_KERNEL, DISABLE_IPV6_SYSCTL, ADD_DISABLE_IPV6_STAGE)
