"""What a container's environment sets of Felix, which outranks everything in the API (facts/cni.md).

Felix takes any variable whose name begins with FELIX_ in any case, and ignores an empty one
(projectcalico/calico, felix/config/env_var_loader.go).
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from domain.calico import Container, EnvFrom, EnvVar, KeyRef
from domain.objects import ConfigMap

IPV6_SUPPORT: Final = "FELIX_IPV6SUPPORT"
NFTABLES_MODE: Final = "FELIX_NFTABLESMODE"
BPF_ENABLED: Final = "FELIX_BPFENABLED"
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


def variable(container: Container, name: str, namespace: str, config_maps: Iterable[ConfigMap] = ()) -> Variable:
    """Read a variable of a container by its name in any case: the last one that sets it counts.

    `config_maps` are those that were read; a value that a Secret or an unread ConfigMap holds is not visible.
    """
    known = {c.metadata.name: c for c in config_maps if c.metadata.namespace == namespace}
    own = [one for one in container.env if one.name.upper() == name]
    for one in reversed(own):
        found = _value(one, namespace, known)
        if found.value or found.obstacle:
            return found
    if own:
        return Variable()
    return _from_sources(container.env_from, name, namespace, known)


def _value(one: EnvVar, namespace: str, known: dict[str, ConfigMap]) -> Variable:
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
    config_map = known.get(ref.name)
    if config_map is None and not ref.optional:
        return _not_read(at, ref, namespace)
    value = config_map.data.get(ref.key) if config_map is not None else None
    return Variable(value or None, at)


def _from_sources(sources: Sequence[EnvFrom], name: str, namespace: str, known: dict[str, ConfigMap]) -> Variable:
    """What `envFrom` sets: the last source counts; one that is not read may set anything."""
    for source in reversed(sources):
        ref = source.config_map_ref
        if ref is None:
            secret = source.secret_ref.name if source.secret_ref is not None else ""
            where = f"envFrom Secret {namespace}/{secret}"
            return Variable(None, where, f"{where} may set {name}, and is not read")
        config_map = known.get(ref.name)
        if config_map is None and ref.name != _API_SERVER_ONLY:
            return _not_read(f"envFrom ConfigMap {namespace}/{ref.name}", ref, namespace)
        data = config_map.data if config_map is not None else {}
        value = next((v for key, v in data.items() if f"{source.prefix}{key}".upper() == name), None)
        if value:
            return Variable(value, f"envFrom ConfigMap {namespace}/{ref.name}")
    return Variable()


def _not_read(where: str, ref: KeyRef, namespace: str) -> Variable:
    help_ = f"get configmaps {ref.name} in {namespace}"
    return Variable(None, where, f"{where} was not read", help_)
