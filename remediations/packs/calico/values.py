"""Turn Calico's IPv6 off in the pack's values, before a cluster has them: in files, by lines.

All edits of one file are made together, and each finding that wants one of them carries the same change.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from domain.artifacts import ArtifactsRead, Kind, Layer
from domain.calico_in_files import PATH, WRITE, CalicoInFile, calico_packs
from domain.edits import FileTexts, Unwritable, add_stage, edit_layer, turn_calico_off
from domain.plan import Plan, Refusal, WriteFile
from domain.remedy import Ask
from domain.stages import free_name, steps
from domain.verdict import Finding

REASON: Final = "Felix programs IPv6 unless its environment says that it does not"
STAGE_REASON: Final = "IPv6 goes off in the operating system as well, which by itself is not enough"
NEW_VERSION: Final = (
    "save the cluster profile as a new version, and update its clusters: until then nothing is deployed"
)
USES_IPV6: Final = ("IP6", "IPV6", "CALICO_IPV6POOL_CIDR")
"""Variables of calicoNode that want IPv6, unless they say none."""

NOT_THERE: Final = "its Calico pack is not seen in the files any more, and nothing is changed unseen"


class _Edit(msgspec.Struct, frozen=True):
    """An edit of one pack's values."""

    layer: Layer
    make: Callable[[str], str]
    reason: str
    command: str

    @property
    def path(self) -> str:
        """The file."""
        return self.layer.place.path


def turn_off_in_files(
    findings: Iterable[Finding], ask: Ask, artifacts: ArtifactsRead, texts: FileTexts, *, with_stage: bool = False
) -> Iterator[Plan | Refusal]:
    """Plan the value in each Calico pack that a finding is about; with a stage in the OS beside it, where asked for."""
    packs = list(calico_packs(artifacts))
    wanted: dict[str, list[_Edit]] = {}
    refused: dict[str, str] = {}
    for finding in findings:
        subject = finding.subject
        try:
            wanted[subject] = list(_edits(finding, packs, artifacts, with_stage=with_stage))
        except Unwritable as error:
            wanted[subject], refused[subject] = [], str(error)
    changes = _written([edit for edits in wanted.values() for edit in edits], texts)
    for subject, edits in wanted.items():
        paths = list(dict.fromkeys(edit.path for edit in edits))
        why = refused.get(subject) or "; ".join(w for path in paths if isinstance(w := changes[path], str))
        made = tuple(change for path in paths if isinstance(change := changes[path], WriteFile))
        if why or not made:
            yield ask.refusal(subject, why or "the files say so already, and nothing is left to change")
        else:
            yield ask.plan(subject, made, (NEW_VERSION,))


def _edits(
    finding: Finding, packs: list[CalicoInFile], artifacts: ArtifactsRead, *, with_stage: bool
) -> Iterator[_Edit]:
    """What one finding wants to be edited; raises Unwritable where it is a person's to decide."""
    named = {one["at"] for one in finding.evidence.get("calico", ()) if one["on"]}
    concerned = [pack for pack in packs if pack.on and str(pack.place) in {finding.subject, *named}]
    if not concerned:
        clash = "other step" in finding.evidence
        raise Unwritable("what a step is to be called is a person's to choose" if clash else NOT_THERE)
    for pack in concerned:
        if uses := _uses_ipv6(pack.layer):
            raise Unwritable(f"IPv6 is wanted there: {uses}; a fixed kernel is the way where IPv6 is needed")
        yield _Edit(pack.layer, turn_calico_off, REASON, f"# at {pack.place} write: {WRITE}")
    if with_stage:
        for pack in concerned:
            yield from _stage(pack, artifacts)


def _uses_ipv6(layer: Layer) -> str:
    """What of the pack's values wants IPv6."""
    environment = layer.values.at(*PATH)
    named = environment.plain if environment is not None and isinstance(environment.value, dict) else {}
    found = [
        f"{key}={named[key]}" for key in USES_IPV6 if str(named.get(key) or "none").lower() not in ("none", "false")
    ]
    return ", ".join(found)


def _stage(pack: CalicoInFile, artifacts: ArtifactsRead) -> Iterator[_Edit]:
    """The stage for the operating system that goes with a Calico pack: its profile's, else the only one there is."""
    group = pack.layer.group
    hosts = [one for one in artifacts.layers if one.group == group and one.layer == "os"] if group else []
    if not hosts:
        hosts = [one for one in artifacts.layers if one.kind in (Kind.USER_DATA, Kind.OS_VALUES) and not one.group]
    if len(hosts) != 1:
        found = ", ".join(str(one.place) for one in hosts) or "none"
        raise Unwritable(f"which operating system's values go with it is not told by the files: there are {found}")
    (host,) = hosts
    stages = host.values.at("stages")
    if not any(step.off for step in steps(stages)):
        command = f"# in {host.place.path} add the step {free_name(stages)} to stages.boot"
        yield _Edit(host, add_stage, STAGE_REASON, command)


def _written(edits: list[_Edit], texts: FileTexts) -> dict[str, WriteFile | str | None]:
    """The change of each file, or why there is none: all its edits together, the last in the file first."""
    by_path: dict[str, dict[int, _Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, {})[edit.layer.number] = edit
    changes: dict[str, WriteFile | str | None] = {}
    for path, together in by_path.items():
        own = sorted(together.values(), key=lambda edit: (edit.layer.place.line, edit.layer.number), reverse=True)
        reason = "; ".join(dict.fromkeys(edit.reason for edit in own))
        command = "\n".join(dict.fromkeys(edit.command for edit in own))
        try:
            changes[path] = texts.written(path, lambda text, own=own: _all(text, own), reason, command)  # type: ignore[misc]
        except Unwritable as error:
            changes[path] = f"{path}: {error}"
    return changes


def _all(text: str, edits: list[_Edit]) -> str:
    for edit in edits:
        text = edit_layer(text, edit.layer, edit.make)
    return text
