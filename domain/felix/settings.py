"""What a node's Felix goes by for one parameter, and where that lies: in its environment or a FelixConfiguration.

Felix' order: internal overrides, the environment, a config file, the node's FelixConfiguration, one whose selector
matches, the global `default` (facts/cni.md). Internal overrides and the file cannot be read through the API.
"""

from typing import Final

import msgspec

from domain.calico import CalicoPod, Container, Install
from domain.felix.configuration import FelixConfiguration, configured
from domain.felix.environment import BPF_ENABLED, IPV6_SUPPORT, NFTABLES_MODE, ConfigMaps, Variable, variable
from domain.objects import ObjectMeta

_FIELDS: Final = {IPV6_SUPPORT: "ipv6_support", NFTABLES_MODE: "nftables_mode", BPF_ENABLED: "bpf_enabled"}
_SPEC: Final = {IPV6_SUPPORT: "ipv6Support", NFTABLES_MODE: "nftablesMode", BPF_ENABLED: "bpfEnabled"}


class FelixRead(msgspec.Struct, frozen=True):
    """What was read to know Felix' settings; `unread` says why not every FelixConfiguration could be.

    `kube_proxy_mode` is kube-proxy's (`iptables`, `ipvs`, `nftables`), where it is known.
    """

    configurations: tuple[FelixConfiguration, ...] = ()
    unread: tuple[str, ...] = ()
    would_help: str | None = None
    config_maps: ConfigMaps = ConfigMaps()
    kube_proxy_mode: str = ""


class Setting(msgspec.Struct, frozen=True):
    """A parameter's text (None: nowhere set), where it is set, and why that is not known, where it is not.

    `outranked` is a FelixConfiguration that says something else and is not heard.
    """

    value: str | None
    where: str
    by_environment: bool = False
    obstacle: str | None = None
    would_help: str | None = None
    outranked: str | None = None


def setting(name: str, node: ObjectMeta, install: Install, read: FelixRead, pod: CalicoPod | None = None) -> Setting:
    """Resolve a parameter by its variable's name (IPV6_SUPPORT and the like) for one node.

    The pod's environment is what runs; without one, the DaemonSet's template is what would.
    """
    holder = str(install) if pod is None or same_environment(name, install, pod, read) else str(pod)
    container = install.felix if pod is None else pod.spec.felix
    if container is None:
        return Setting(None, holder, obstacle=f"{holder} has no container calico-node")
    env = variable(container, name, install.namespace, read.config_maps)
    if env.obstacle is not None:
        return Setting(None, f"{env.where} of {holder}", obstacle=env.obstacle, would_help=env.would_help)
    said = configured(read.configurations, _FIELDS[name], node.name, node.labels)
    at = f"{said.name} spec.{_SPEC[name]}"
    if env.value is not None:
        other = said.value is not None and said.value.lower() != env.value.lower()
        outranked = f"{at}: {said.value}" if other else None
        return Setting(env.value, f"{env.where} of {holder}", by_environment=True, outranked=outranked)
    if read.unread:
        why = f"the environment does not set {name}, and FelixConfigurations were not read: {'; '.join(read.unread)}"
        return Setting(None, "FelixConfiguration", obstacle=why, would_help=read.would_help)
    if said.undecided is not None:
        why = f"whether it is for this node is not known here: {said.undecided}"
        return Setting(None, "FelixConfiguration", obstacle=why, would_help=f"{name} in the environment of {install}")
    return Setting(said.value, at if said.value is not None else "Felix' default")


def same_environment(name: str, install: Install, pod: CalicoPod, read: FelixRead) -> bool:
    """Whether a pod's environment sets a parameter as its DaemonSet's template does now."""
    return _set_in(name, install.felix, install, read) == _set_in(name, pod.spec.felix, install, read)


def _set_in(name: str, container: Container | None, install: Install, read: FelixRead) -> Variable | None:
    return None if container is None else variable(container, name, install.namespace, read.config_maps)
