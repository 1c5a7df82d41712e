"""FelixConfiguration: which of them a node goes by. A node's own outranks a selector's, and that outranks the default.

Of several whose selectors match, Felix takes the oldest whole, also where it does not set the parameter asked for
(projectcalico/calico, MergeSelectorConfigs; a technical preview from v3.32 on).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from domain.felix.selectors import selects
from domain.objects import ObjectMeta, Struct

GLOBAL: Final = "default"
_PER_NODE: Final = "node."
_LAST: Final = datetime.max.replace(tzinfo=UTC)


class FelixConfigurationSpec(Struct, frozen=True, kw_only=True):
    """The parameters that the scenarios ask for, and the nodes that a configuration is for."""

    ipv6_support: bool | None = None
    nftables_mode: str | None = None
    bpf_enabled: bool | None = None
    node_selector: str = ""


class FelixConfiguration(Struct, frozen=True, kw_only=True):
    """A FelixConfiguration: `default`, `node.<name>`, or one for the nodes that it selects."""

    metadata: ObjectMeta
    spec: FelixConfigurationSpec = FelixConfigurationSpec()

    def raw(self, parameter: str) -> str | None:
        """A parameter as Felix sees it, in text; None where it is not set, which an empty one is not either."""
        value = getattr(self.spec, parameter)
        if isinstance(value, bool):
            return "true" if value else "false"
        return value or None


class Configured(msgspec.Struct, frozen=True):
    """What the FelixConfigurations say of a parameter: nothing (`value` None), or something in one of them.

    `undecided` is the selector that nobody could read here and that would matter.
    """

    value: str | None = None
    name: str | None = None
    undecided: str | None = None


def configured(
    configurations: Sequence[FelixConfiguration], parameter: str, node: str, labels: Mapping[str, str]
) -> Configured:
    """Say what a node's Felix takes from the FelixConfigurations for a parameter (by its field here)."""
    by_name = {one.metadata.name: one for one in configurations}
    own = _said(by_name.get(f"{_PER_NODE}{node}"), parameter)
    if own.value is not None:
        return own
    fallback = _said(by_name.get(GLOBAL), parameter)
    possible: list[Configured] = []
    unread: list[str] = []
    for one in _with_selectors(configurations):
        matched = selects(one.spec.node_selector, labels)
        if matched is False:
            continue
        said = _said(one, parameter)
        possible.append(said if said.value is not None else fallback)
        if matched:
            break
        unread.append(f"FelixConfiguration/{one.metadata.name} selects {one.spec.node_selector}")
    else:
        possible.append(fallback)
    if len({one.value for one in possible}) > 1:
        return Configured(undecided=unread[0])
    return possible[-1]


def _with_selectors(configurations: Sequence[FelixConfiguration]) -> list[FelixConfiguration]:
    """Those for selected nodes, in the order in which Felix prefers them; one without a selector is for no node."""
    chosen = [
        one
        for one in configurations
        if one.spec.node_selector and one.metadata.name != GLOBAL and not one.metadata.name.startswith(_PER_NODE)
    ]
    return sorted(chosen, key=lambda one: (one.metadata.creation_timestamp or _LAST, one.metadata.name))


def _said(configuration: FelixConfiguration | None, parameter: str) -> Configured:
    value = configuration.raw(parameter) if configuration is not None else None
    if configuration is None or value is None:
        return Configured()
    return Configured(value, f"FelixConfiguration/{configuration.metadata.name}")
