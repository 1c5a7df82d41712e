"""What of Palette can be read in a workload cluster, and what it says of labels that are not there."""

import re

import msgspec

from domain.objects import ConfigMap

AGENT_CONFIG_MAPS = ("palette-agent-config", "palette-agent")
"""The ConfigMap's real name, and the one that the runbook's page gives (facts/palette.md)."""

CLUSTER_NAMESPACE = re.compile(r"cluster-[0-9a-f]{24}")
"""Palette's namespace in a workload cluster, by the cluster's uid."""

DURABLE = (
    "Palette reconciles what it deploys and may take a direct edit back; the durable fix is in the cluster profile "
    "(the pack's namespaceLabels), with the cause removed"
)
"""What every report of a live fix says (facts/palette.md)."""


class PaletteAgent(msgspec.Struct, frozen=True):
    """The agent's ConfigMaps as far as they could be read; that they could not decides no verdict."""

    config_maps: tuple[ConfigMap, ...] = ()
    self_hosted: bool = False
    unreadable: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the labels are probably not there, and which of the reasons could be read."""
        disabled = [c for c in self.config_maps if c.data.get("feature.workloads") == "disable"]
        said = [
            f"ConfigMap {c.metadata.namespace}/{c.metadata.name} has feature.workloads: disable (read); before it is "
            "enabled again: the runbook's nodes page recommends disabling it where the agent's payload grew too large"
            for c in disabled
        ]
        if not disabled and self.config_maps:
            said.append("feature.workloads is not disabled in the agent's ConfigMap (read)")
        if not self.config_maps:
            why = f": {self.unreadable[0]}" if self.unreadable else ": there is none"
            said.append(f"the agent's ConfigMap (palette-agent-config) was not read{why}")
        if self.self_hosted:
            said.append("namespace hubble-system is here (read): this is a self-hosted Palette's management cluster")
        else:
            said.append(
                "whether the cluster was deployed by a self-hosted Palette or VerteX cannot be read in it; the runbook "
                "names that as a cause (resolved in Palette 4.7.13)"
            )
        return tuple(said)
