"""Give Cilium the values that EKS needs: in the pack's files, or in cilium-config, which its agents then read again."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

from domain.artifacts import ArtifactsRead
from domain.cilium.beside import off
from domain.cilium.byhand import RESTART, STATUS, config_of, patch_command
from domain.cilium.cluster import Cilium
from domain.cilium.judging import TUNNEL, Judged, State
from domain.cilium.objects import AGENT, CONFIG, KUBE_PROXY, NAMESPACE, SUBJECT, Configuration, DaemonSet, Deployment
from domain.cilium.parameters import Reads
from domain.cilium.profiles import CiliumPack, packs
from domain.edits import FileTexts, Unwritable, edit_layer
from domain.facts import Fact
from domain.plan import Edit, PatchObject, Plan, Ref, Refusal, Until, WaitFor, WriteFile, pointer
from domain.remedy import Ask, Remedy, Sends
from domain.resources import CONFIG_MAPS, DAEMON_SETS
from domain.run import TargetKind
from domain.verdict import Finding, Note

BEFORE: Final = "packcheck.dev/cilium-config-before"
AFTER: Final = "packcheck.dev/cilium-config"
"""The annotations of the agents' template that say which configuration they ran by, and which they are started with."""

WAIT_S, WAIT_PER_NODE_S = 120.0, 60.0
DURABLE: Final = (
    "Palette, or Helm, writes cilium-config again from the pack's values; the durable place is the Cilium pack in the "
    "cluster profile: "
)
NEW_ADDRESSES: Final = (
    "pods keep the addresses that they have until they are made anew, and Cilium advises against another ipam under "
    "running pods: where the cluster runs already, the profile and new nodes are the better way"
)
APPLIES: Final = (
    "nothing runs by it yet: make a new version of the profile of these files; a cluster that has an older one is "
    "asked whether to take it, and its network pack may be installed anew"
)
_OTHER_CLOUD: Final = re.compile(r"/operator-(?!aws)[^/:@]+")
_OF_OPERATOR: Final = ("eni.enabled", "ipam.mode")


class _Refused(Exception):
    """Why nothing is changed."""


def set_cilium_values(
    findings: Iterable[Finding], ask: Ask, artifacts: ArtifactsRead, artifact_texts: FileTexts
) -> Iterator[Plan | Refusal]:
    """Plan the lines of the pack's values; the plans for all places of one pack carry the same change."""
    told: set[str] = set()
    for finding in findings:
        pack = next((p for p in packs(artifacts) if finding.subject in map(str, map(p.place_of, p.missing))), None)
        try:
            change = _write(finding, pack, artifact_texts, ask.waived)
        except (_Refused, Unwritable) as refused:
            yield ask.refusal(finding.subject, str(refused))
        else:
            yield ask.plan(finding.subject, (change,), () if change.ref.name in told else (APPLIES,))
            told.add(change.ref.name)


def _write(finding: Finding, pack: CiliumPack | None, texts: FileTexts, waived: tuple[str, ...]) -> WriteFile:
    if pack is None:
        raise _Refused("it is not as it was found any more, and nothing is changed unseen")
    too = [place for place in dict.fromkeys(map(str, map(pack.place_of, pack.missing))) if place in waived]
    if too:
        raise _Refused(f"it is set together with {', '.join(too)}, whose finding is waived and so is not remedied")
    stays = [one for one in pack.judged if one.state is State.NOT_VISIBLE and one not in pack.missing]
    beside = [one.parameter.name for one in stays if str(pack.place_of(one)) == finding.subject]
    if beside:
        raise _Refused(f"in the same line {', '.join(beside)} is a template, which Palette resolves: edit it by hand")
    values = ", ".join(f"{one.parameter.name}: {one.parameter.quoted}" for one in pack.missing)
    change = texts.written(
        pack.layer.place.path,
        lambda text: edit_layer(text, pack.layer, pack.edited),
        "what the chart makes of the pack's values is what runs, whenever Palette or Helm installs it",
        f"# in {pack.layer.place.path}, {pack.layer.pack}: {values}",
    )
    if change is None:
        raise _Refused("the file has these values already: it was changed since it was read")
    return change


def patch_cilium_config(
    findings: Iterable[Finding], ask: Ask, cilium: Cilium, cilium_operator: Fact[Deployment]
) -> Iterator[Plan | Refusal]:
    """Plan the keys of cilium-config and a restart of the agents; what some nodes alone read is left to people."""
    for finding in findings:
        try:
            config, wrong = _to_change(finding, cilium)
            _allocates(wrong, cilium_operator)
            changes = tuple(_changes(config, wrong, cilium))
        except _Refused as refused:
            yield ask.refusal(finding.subject, str(refused))
        else:
            yield ask.plan(finding.subject, changes, tuple(_remarks(wrong, cilium)))


def _to_change(finding: Finding, cilium: Cilium) -> tuple[Configuration, tuple[Judged, ...]]:
    if finding.subject.startswith("Pack/"):
        raise _Refused("there is no cilium-config yet: set the values in the pack, in the cluster profile")
    if finding.subject != SUBJECT:
        raise _Refused("it is for some nodes alone, and somebody meant them to differ: change it by hand")
    config = cilium.config.first
    wrong = tuple(one for one in cilium.places[0].judged if one.to_set) if config else ()
    if config is None or not wrong:
        raise _Refused("it is not as it was found any more, and nothing is changed unseen")
    return config, wrong


def _allocates(wrong: tuple[Judged, ...], operator: Fact[Deployment]) -> None:
    """Refuse addresses of ENIs where the operator that is to allocate them is another cloud's."""
    concerned = [one.parameter.name for one in wrong if one.parameter.value in _OF_OPERATOR]
    if not concerned:
        return
    names = " and ".join(concerned)
    if operator.unread:
        raise _Refused(f"{names}: which operator runs was not read: {operator.unread[0].reason}")
    image = operator.first.image if operator.first else ""
    if _OTHER_CLOUD.search(image):
        raise _Refused(
            f"the operator that runs is {image}, which allocates none of AWS' addresses; which one runs is decided "
            f"by the chart: set {names} in the pack's values"
        )


def _changes(config: Configuration, wrong: tuple[Judged, ...], cilium: Cilium) -> Iterator[PatchObject | WaitFor]:
    """The keys, between two stamps of the agents' template, and the wait for their rollout.

    An agent reads its configuration when it starts, and a new stamp starts it. The first stamp is there for taking
    back, which goes backwards: that ends with it, once the keys are as they were. On the way forward it costs next to
    nothing, for the second comes before the agents that it ends are made anew.
    """
    wanted = config_of(one.parameter for one in wrong)
    edits = [Edit(pointer("data", key), config.data.get(key), value) for key, value in wanted.items()]
    if TUNNEL in config.data and any(one.parameter.reads is Reads.ROUTING for one in wrong):
        edits.append(Edit(pointer("data", TUNNEL), config.data[TUNNEL], None))
    patch = PatchObject(
        ref=Ref(CONFIG_MAPS, NAMESPACE, CONFIG, config.metadata.uid),
        edits=tuple(edit for edit in edits if edit.before != edit.after),
        reason="the agents of every node read it when they start",
        command=patch_command(wanted),
    )
    agent = cilium.agent.first
    if cilium.agent.unread:
        raise _Refused(f"whom to restart was not read: {cilium.agent.unread[0].reason}")
    if agent is None:
        yield patch
        return
    strategy = agent.spec.update_strategy.type
    if strategy != "RollingUpdate":
        raise _Refused(
            f"the updateStrategy of {agent} is {strategy}: a change restarts no agent; {patch_command(wanted)}, and "
            "delete its pods one after the other"
        )
    yield _stamp(agent, BEFORE, config.data, "taking back ends with this, and so restarts the agents too")
    yield patch
    yield _stamp(agent, AFTER, config.data | wanted, "an agent reads its configuration when it starts")
    yield WaitFor(
        ref=_ref(agent),
        until=Until.ROLLED_OUT,
        timeout_s=WAIT_S + WAIT_PER_NODE_S * agent.status.desired_number_scheduled,
        reason="the agents are replaced a few at a time",
        command=STATUS,
    )


def _stamp(agent: DaemonSet, key: str, data: dict[str, str], reason: str) -> PatchObject:
    """A configuration in short in the template; with its generation, so that what is stamped is always another."""
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:12]
    path = pointer("spec", "template", "metadata", "annotations", key)
    edit = Edit(path, agent.spec.template.metadata.annotations.get(key), f"{agent.metadata.generation}-{digest}")
    return PatchObject(ref=_ref(agent), edits=(edit,), reason=reason, command=RESTART)


def _ref(agent: DaemonSet) -> Ref:
    return Ref(DAEMON_SETS, NAMESPACE, AGENT, agent.metadata.uid)


def _remarks(wrong: tuple[Judged, ...], cilium: Cilium) -> Iterator[str]:
    yield DURABLE + ", ".join(f"{one.parameter.name}: {one.parameter.quoted}" for one in wrong)
    if any(one.parameter.value in _OF_OPERATOR for one in wrong):
        yield NEW_ADDRESSES
    beside = cilium.kube_proxy.first
    if beside is not None and beside.runs:
        yield (
            f"{KUBE_PROXY} runs {beside.runs} and holds port 10256: an agent that "
            "listens there ends at once, so that the rollout stops at the first of them and is taken back; turn it off "
            f"before: {off(KUBE_PROXY)}"
        )
    if cilium.agent.first is None:
        yield f"there is no DaemonSet {AGENT} yet: its agents start with these values, unless the chart comes first"


def afterwards(findings: Iterable[Finding], cilium: Cilium) -> Iterator[Note]:
    """Say which way the agents came up, and where the values last."""
    agent = cilium.agent.first
    for finding in findings:
        if agent is not None:
            status = agent.status
            ready = f"{status.number_ready} of {status.desired_number_scheduled} agents are ready"
            all_ready = status.number_ready >= status.desired_number_scheduled
            yield Note(finding.subject, ready if all_ready else f"{ready} (yet): their own log says why")


REMEDIES = (
    Remedy(
        id="set-cilium-values",
        title="set the values that EKS needs in the files of the Cilium pack",
        undo="the lines from before are set again",
        plan=set_cilium_values,
        acts_on=(TargetKind.ARTIFACTS,),
    ),
    Remedy(
        id="patch-cilium-config",
        title="set the values that EKS needs in cilium-config and restart Cilium's agents; Palette will revert it",
        undo="the keys from before are set again, and the agents restarted by them",
        plan=patch_cilium_config,
        afterwards=afterwards,
        sends=(
            Sends(CONFIG_MAPS, ("get", "patch"), namespace=NAMESPACE, names=(CONFIG,)),
            Sends(DAEMON_SETS, ("get", "watch", "patch"), namespace=NAMESPACE, names=(AGENT,)),
        ),
    ),
)
