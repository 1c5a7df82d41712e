"""What a container's environment sets of Felix, which outranks everything in the API (facts/cni.md).

Felix takes any variable whose name begins with FELIX_ in any case, and ignores an empty one
(projectcalico/calico, felix/config/env_var_loader.go).
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from domain.calico import Container, EnvFrom, EnvVar, KeyRef
from domain.objects import ConfigMap

IPV6_SUPPORT: Final = "FELIX_IPV6SUPPORT"
NFTABLES_MODE: Final = "FELIX_NFTABLESMODE"
BPF_ENABLED: Final = "FELIX_BPFENABLED"
_PARAMETERS: Final = (IPV6_SUPPORT, NFTABLES_MODE, BPF_ENABLED)
_API_SERVER_ONLY: Final = "kubernetes-services-endpoint"
"""The optional ConfigMap that Calico's own manifests name: it holds the API server's address and nothing of Felix."""


class Variable(msgspec.Struct, frozen=True):
    """What the environment says of a variable: a value, nothing (None), or something that cannot be read from here.

    `where` is the variable with the place it takes its value from; `obstacle` is why that cannot be read.
    """

    value: str | None = None
    where: str = ""
    obstacle: str | None = None
    would_help: str | None = None


class ConfigMaps(msgspec.Struct, frozen=True):
    """The ConfigMaps that were asked for: those that are there, and the names of those that are not."""

    there: tuple[ConfigMap, ...] = ()
    absent: tuple[str, ...] = ()

    def named(self, namespace: str, name: str) -> ConfigMap | None:
        """The one of that name, if it was read."""
        meta = ((one, one.metadata) for one in self.there)
        return next((one for one, m in meta if (m.namespace, m.name) == (namespace, name)), None)

    def lacks(self, namespace: str, name: str) -> bool:
        """Whether it was asked for and is not there."""
        return f"{namespace}/{name}" in self.absent


def referenced(container: Container) -> tuple[str, ...]:
    """The names of the ConfigMaps that must be read to know what a container's environment says of Felix."""
    sources = [one.value_from for one in container.env if one.name.upper() in _PARAMETERS and one.value_from]
    keys = [source.config_map_key_ref for source in sources]
    whole = [source.config_map_ref for source in container.env_from]
    names = [ref.name for ref in (*keys, *whole) if ref is not None and ref.name != _API_SERVER_ONLY]
    return tuple(dict.fromkeys(names))


def variable(container: Container, name: str, namespace: str, config_maps: ConfigMaps) -> Variable:
    """Read a variable of a container by its name in any case: the last one that sets it counts.

    A value that a Secret, a field of the pod or an unread ConfigMap holds is not visible.
    """
    own = [one for one in container.env if one.name.upper() == name]
    if own:
        return _value(own[-1], namespace, config_maps)
    return _from_sources(container.env_from, name, namespace, config_maps)


def _value(one: EnvVar, namespace: str, config_maps: ConfigMaps) -> Variable:
    where = f"env {one.name}"
    if one.value_from is None:
        if "$(" in one.value:
            return Variable(None, where, f"{where} is put together from other variables: {one.value}")
        return Variable(one.value or None, where)
    ref = one.value_from.config_map_key_ref
    if ref is None:
        of = one.value_from.secret_key_ref
        what = f"key {of.key} of Secret {namespace}/{of.name}" if of is not None else "a field of the pod"
        return Variable(None, where, f"{where} is {what}, which is not read")
    at = f"{where} from key {ref.key} of ConfigMap {namespace}/{ref.name}"
    config_map = config_maps.named(namespace, ref.name)
    if config_map is None and not config_maps.lacks(namespace, ref.name):
        return _not_read(at, ref, namespace)
    value = config_map.data.get(ref.key) if config_map is not None else None
    if value is None and not ref.optional:
        return Variable(None, at, f"{at} is not there, so that the container cannot start")
    return Variable(value or None, at)


def _from_sources(sources: Sequence[EnvFrom], name: str, namespace: str, config_maps: ConfigMaps) -> Variable:
    """What `envFrom` sets: the last source that has it counts; one that is not read may have anything."""
    for source in reversed(sources):
        ref = source.config_map_ref
        if ref is None:
            secret = source.secret_ref.name if source.secret_ref is not None else ""
            where = f"envFrom Secret {namespace}/{secret}"
            return Variable(None, where, f"{where} may set {name}, and is not read")
        where = f"envFrom ConfigMap {namespace}/{ref.name}"
        config_map = config_maps.named(namespace, ref.name)
        if config_map is not None:
            set_ = [value for key, value in config_map.data.items() if f"{source.prefix}{key}".upper() == name]
            if set_:
                return Variable(set_[-1] or None, where)
        elif ref.name != _API_SERVER_ONLY and not config_maps.lacks(namespace, ref.name):
            return _not_read(where, ref, namespace)
    return Variable()


def _not_read(where: str, ref: KeyRef, namespace: str) -> Variable:
    return Variable(None, where, f"{where} was not read", f"the right to get configmaps {ref.name} in {namespace}")
