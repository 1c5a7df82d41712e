"""Where the ten values are said: in cilium-config for every node, and in CiliumNodeConfigs for some instead.

An agent reads cilium-config and over it each CiliumNodeConfig that selects its node (cilium/cilium, daemon's
build-config). So what is wrong is told of the place that says it, with the nodes that it is for.
"""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from domain.cilium.judging import Judged, State, judge_config
from domain.cilium.objects import SUBJECT, CiliumNodeConfig
from domain.cilium.parameters import Parameter
from domain.cilium.version import Version
from domain.objects import Node


class Place(msgspec.Struct, frozen=True):
    """What one object says of the ten; `nodes` are those that it is for, none named where it is for all."""

    subject: str
    judged: tuple[Judged, ...]
    nodes: tuple[str, ...] = ()

    def of(self, state: State) -> tuple[Judged, ...]:
        """The values that came to this."""
        return tuple(one for one in self.judged if one.state is state)


def places(
    data: Mapping[str, str], overrides: Iterable[CiliumNodeConfig], nodes: Iterable[Node], version: Version | None
) -> Iterator[Place]:
    """Judge cilium-config, and what CiliumNodeConfigs say instead on the nodes that they select."""
    groups = _groups(tuple(sorted(overrides, key=lambda one: one.metadata.name)), nodes, data, version)
    base = judge_config(data, version)
    yield Place(SUBJECT, tuple(_outranked(one, groups) for one in base))
    for override in dict.fromkeys(str(one) for group in groups for one in group.overrides):
        judged: dict[tuple[str, State], Judged] = {}
        names: set[str] = set()
        for group in groups:
            for one in group.judged:
                if group.origin(one.parameter) == override:
                    judged.setdefault((one.parameter.value, one.state), one)
                    names.update(group.nodes)
        if judged:
            yield Place(override, tuple(judged.values()), tuple(sorted(names)))


class _Group(msgspec.Struct, frozen=True):
    """Nodes whose agents read the same; of the CiliumNodeConfigs that select them the last outranks the others."""

    overrides: tuple[CiliumNodeConfig, ...]
    judged: tuple[Judged, ...]
    nodes: list[str]

    def origin(self, parameter: Parameter) -> str | None:
        """Who says a value there; None where cilium-config does."""
        said = (str(o) for o in reversed(self.overrides) if any(key in o.spec.defaults for key in parameter.keys))
        return next(said, None)

    def of(self, parameter: Parameter) -> State:
        """What a value comes to there."""
        return next(one.state for one in self.judged if one.parameter == parameter)


def _groups(
    overrides: tuple[CiliumNodeConfig, ...], nodes: Iterable[Node], data: Mapping[str, str], version: Version | None
) -> tuple[_Group, ...]:
    groups: dict[tuple[str, ...], _Group] = {}
    for node in nodes:
        there = tuple(one for one in overrides if one.spec.node_selector.matches(node.metadata.labels))
        key = tuple(map(str, there))
        if key not in groups:
            read = dict(data)
            for one in there:
                read |= one.spec.defaults
            groups[key] = _Group(there, judge_config(read, version), [])
        groups[key].nodes.append(node.metadata.name)
    return tuple(groups.values())


def _outranked(one: Judged, groups: tuple[_Group, ...]) -> Judged:
    """A wrong value that no node reads, for each has a right one of its own, is right as things are."""
    own = groups and all(group.origin(one.parameter) is not None for group in groups)
    if one.state is not State.WRONG or not own or any(group.of(one.parameter) is not State.RIGHT for group in groups):
        return one
    why = "a CiliumNodeConfig says otherwise on every node that there is; a new one may read this"
    return msgspec.structs.replace(one, state=State.RIGHT, why=why)
