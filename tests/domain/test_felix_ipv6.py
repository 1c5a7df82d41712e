"""Whether a node's Felix programs IPv6: Felix' order of sources, and what cannot be read from here."""

import json
from typing import Any, TypeVar

import msgspec
import pytest

from domain.calico import CalicoDaemonSet, CalicoPod, Install, Installation, installs
from domain.felix import ConfigMaps, DataplaneKind, FelixConfiguration, FelixRead, dataplane, felix_ipv6, referenced
from domain.objects import ConfigMap, ObjectMeta

T = TypeVar("T")
NODE = ObjectMeta(name="n1", labels={"role": "edge"})
DS = "DaemonSet/kube-system/calico-node"
POD = "Pod/kube-system/calico-node-x1"
ON, OFF = {"name": "FELIX_IPV6SUPPORT", "value": "true"}, {"name": "FELIX_IPV6SUPPORT", "value": "false"}
FILE = "a config file in Felix' image would outrank that, and cannot be read from here"


def decoded(obj: Any, kind: type[T]) -> T:
    return msgspec.json.decode(json.dumps(obj), type=kind)


def spec(*env: Any, env_from: tuple[Any, ...] = (), container: str = "calico-node") -> dict[str, Any]:
    felix = {"name": container, "env": list(env), "envFrom": list(env_from)}
    return {"containers": [{"name": "kube-flannel"}, felix]}


def install(
    *env: Any, namespace: str = "kube-system", installation: Installation | None = None, **more: Any
) -> Install:
    obj = {
        "metadata": {"name": "calico-node", "namespace": namespace},
        "spec": {"template": {"spec": spec(*env, **more)}},
    }
    return installs([decoded(obj, CalicoDaemonSet)], [installation] if installation else [])[0]


def pod(*env: Any, **more: Any) -> CalicoPod:
    meta = {"name": "calico-node-x1", "namespace": "kube-system"}
    return decoded({"metadata": meta, "spec": {"nodeName": "n1", **spec(*env, **more)}}, CalicoPod)


def configuration(name: str, created: str | None = None, **fields: Any) -> FelixConfiguration:
    meta = {"name": name, "creationTimestamp": created}
    return decoded({"metadata": meta, "spec": fields}, FelixConfiguration)


def config_map(name: str, namespace: str = "kube-system", **data: str) -> ConfigMap:
    return ConfigMap(metadata=ObjectMeta(name=name, namespace=namespace), data=data)


def from_key(name: str = "calico-config", key: str = "v6", **more: Any) -> dict[str, Any]:
    return {"name": "FELIX_IPV6SUPPORT", "valueFrom": {"configMapKeyRef": {"name": name, "key": key, **more}}}


GLOBAL_OFF = configuration("default", ipv6Support=False)
GLOBAL_ON = configuration("default", ipv6Support=True)
NODE_OFF = configuration("node.n1", ipv6Support=False)
EDGE_OFF = configuration("edge", "2026-01-01T00:00:00Z", ipv6Support=False, nodeSelector="role == 'edge'")


@pytest.mark.parametrize(
    ("env", "on", "why"),
    [
        ([ON], True, f"env FELIX_IPV6SUPPORT of {DS} is true"),
        ([OFF], False, f"env FELIX_IPV6SUPPORT of {DS} is false"),
        ([{"name": "FELIX_IPV6SUPPORT", "value": "none"}], False, f"env FELIX_IPV6SUPPORT of {DS} is none"),
        ([{"name": "Felix_IPv6Support", "value": "No"}], False, f"env Felix_IPv6Support of {DS} is No"),
        ([ON, {"name": "felix_ipv6support", "value": "0"}], False, f"env felix_ipv6support of {DS} is 0"),
        (
            [{"name": "FELIX_IPV6SUPPORT", "value": "off"}],
            True,
            f"env FELIX_IPV6SUPPORT of {DS} is off, which is no boolean of Felix', so that its default counts: on",
        ),
    ],
)
def test_the_environment_says_it(env: list[dict[str, str]], on: bool, why: str) -> None:
    found = felix_ipv6(NODE, install(*env), FelixRead())
    assert (found.on, found.why, found.needs_mark) == (on, why, on)
    assert found.where.endswith(DS)
    assert found.remarks == ()


def test_nothing_set_anywhere_is_on() -> None:
    found = felix_ipv6(NODE, install(), FelixRead())
    assert (found.on, found.where) == (True, "Felix' default")
    assert found.why == "FELIX_IPV6SUPPORT is set nowhere, and Felix' default is on"
    assert found.remarks == (FILE,)


def test_an_empty_variable_is_not_set() -> None:
    empty = {"name": "FELIX_IPV6SUPPORT", "value": ""}
    assert (
        felix_ipv6(NODE, install(empty), FelixRead((GLOBAL_OFF,))).where
        == "FelixConfiguration/default spec.ipv6Support"
    )


@pytest.mark.parametrize(
    ("configurations", "on", "where"),
    [
        ((GLOBAL_OFF,), False, "FelixConfiguration/default"),
        ((GLOBAL_ON, NODE_OFF), False, "FelixConfiguration/node.n1"),
        ((GLOBAL_OFF, configuration("node.n1", ipv6Support=True)), True, "FelixConfiguration/node.n1"),
        ((GLOBAL_OFF, configuration("node.n2", ipv6Support=True)), False, "FelixConfiguration/default"),
        ((GLOBAL_OFF, configuration("node.n1", bpfEnabled=True)), False, "FelixConfiguration/default"),
        ((GLOBAL_ON, EDGE_OFF), False, "FelixConfiguration/edge"),
        ((EDGE_OFF, configuration("node.n1", ipv6Support=True)), True, "FelixConfiguration/node.n1"),
        ((GLOBAL_ON, configuration("gpu", ipv6Support=False, nodeSelector="role == 'gpu'")), True, "default"),
        ((GLOBAL_ON, configuration("loose", ipv6Support=False)), True, "FelixConfiguration/default"),
        (
            (GLOBAL_ON, EDGE_OFF, configuration("a", "2026-02-01T00:00:00Z", ipv6Support=True, nodeSelector="all()")),
            *(False, "FelixConfiguration/edge"),
        ),
        (
            (GLOBAL_OFF, configuration("a", "2025-01-01T00:00:00Z", nodeSelector="all()"), EDGE_OFF),
            *(False, "FelixConfiguration/default"),
        ),
        (
            (GLOBAL_OFF, configuration("odd", ipv6Support=False, nodeSelector="role contains 'e'")),
            *(False, "FelixConfiguration/default"),
        ),
    ],
)
def test_felixconfigurations_in_felix_order(
    configurations: tuple[FelixConfiguration, ...], on: bool, where: str
) -> None:
    found = felix_ipv6(NODE, install(), FelixRead(configurations))
    assert found.on is on
    assert where in found.where
    assert found.remarks == (FILE,)


def test_a_selector_that_is_not_read_and_would_matter_is_undecided() -> None:
    odd = configuration("odd", ipv6Support=False, nodeSelector="role contains 'e'")
    found = felix_ipv6(NODE, install(), FelixRead((GLOBAL_ON, odd)))
    assert (found.on, found.needs_mark) == (None, None)
    assert "FelixConfiguration/odd selects role contains 'e'" in found.why
    assert found.would_help == f"FELIX_IPV6SUPPORT in the environment of {DS}"


def test_the_environment_outranks_felixconfigurations_and_says_which() -> None:
    found = felix_ipv6(NODE, install(ON), FelixRead((GLOBAL_OFF,)))
    assert found.on is True
    assert found.remarks == ("FelixConfiguration/default spec.ipv6Support: false is outranked by the environment",)
    assert felix_ipv6(NODE, install(ON), FelixRead((GLOBAL_ON,))).remarks == ()


def test_felixconfigurations_that_were_not_read_are_undecided_unless_the_environment_says_it() -> None:
    read = FelixRead(unread=("forbidden",), would_help="list felixconfigurations")
    found = felix_ipv6(NODE, install(), read)
    assert (found.on, found.where, found.would_help) == (None, "FelixConfiguration", "list felixconfigurations")
    assert "forbidden" in found.why
    assert found.remarks == ()
    assert felix_ipv6(NODE, install(OFF), read).on is False


@pytest.mark.parametrize(
    ("env", "maps", "on", "says"),
    [
        (from_key(), ConfigMaps((config_map("calico-config", v6="false"),)), False, "key v6 of ConfigMap kube-system/"),
        (from_key(), ConfigMaps((config_map("calico-config", v6="off"),)), True, "no boolean of Felix'"),
        (from_key(), ConfigMaps(), None, "calico-config was not read"),
        (from_key(), ConfigMaps((config_map("calico-config", "other", v6="false"),)), None, "was not read"),
        (from_key(), ConfigMaps((config_map("calico-config"),)), None, "is not there, so that the container cannot"),
        (from_key(), ConfigMaps(absent=("kube-system/calico-config",)), None, "is not there"),
        (from_key(optional=True), ConfigMaps(absent=("kube-system/calico-config",)), True, "set nowhere"),
        (from_key(optional=True), ConfigMaps((config_map("calico-config"),)), True, "set nowhere"),
        (from_key(optional=True), ConfigMaps(), None, "was not read"),
        (
            {"name": "FELIX_IPV6SUPPORT", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            *(ConfigMaps(), None, "is key k of Secret kube-system/s, which is not read"),
        ),
        (
            {"name": "FELIX_IPV6SUPPORT", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            *(ConfigMaps(), None, "is a field of the pod, which is not read"),
        ),
        (
            {"name": "FELIX_IPV6SUPPORT", "value": "$(SIX)"},
            *(ConfigMaps(), None, "is put together from other variables: $(SIX)"),
        ),
    ],
)
def test_values_from_elsewhere(env: dict[str, Any], maps: ConfigMaps, on: bool | None, says: str) -> None:
    found = felix_ipv6(NODE, install(env), FelixRead(config_maps=maps))
    assert found.on is on
    assert says in found.why


API_ONLY = {"configMapRef": {"name": "kubernetes-services-endpoint", "optional": True}}
ALL_OF = {"prefix": "FELIX_", "configMapRef": {"name": "felix"}}
SECRET = {"secretRef": {"name": "s"}}


@pytest.mark.parametrize(
    ("sources", "maps", "on", "says"),
    [
        ((API_ONLY,), ConfigMaps(), True, "set nowhere"),
        ((ALL_OF,), ConfigMaps(), None, "envFrom ConfigMap kube-system/felix was not read"),
        (
            (ALL_OF,),
            ConfigMaps((config_map("felix", IPV6SUPPORT="false"),)),
            False,
            "envFrom ConfigMap kube-system/felix",
        ),
        ((ALL_OF,), ConfigMaps((config_map("felix", OTHER="x"),)), True, "set nowhere"),
        ((ALL_OF,), ConfigMaps(absent=("kube-system/felix",)), True, "set nowhere"),
        ((ALL_OF, SECRET), ConfigMaps((config_map("felix", IPV6SUPPORT="no"),)), None, "Secret kube-system/s may set"),
        ((SECRET, ALL_OF), ConfigMaps((config_map("felix", IPV6SUPPORT="no"),)), False, "is no"),
    ],
)
def test_env_from(sources: tuple[Any, ...], maps: ConfigMaps, on: bool | None, says: str) -> None:
    found = felix_ipv6(NODE, install(env_from=sources), FelixRead(config_maps=maps))
    assert found.on is on
    assert says in found.why


def test_env_outranks_env_from() -> None:
    assert felix_ipv6(NODE, install(OFF, env_from=(SECRET,)), FelixRead()).on is False


def test_configmaps_to_be_read_are_named() -> None:
    felix = install(from_key("a"), {**from_key("x"), "name": "OTHER"}, ON, env_from=(API_ONLY, ALL_OF, SECRET)).felix
    assert felix is not None
    assert referenced(felix) == ("a", "felix")


def test_the_pods_own_environment_is_what_runs() -> None:
    found = felix_ipv6(NODE, install(OFF), FelixRead(), pod(ON))
    assert (found.on, found.where) == (True, f"env FELIX_IPV6SUPPORT of {POD}")
    assert found.remarks == (f"{POD} is older than what {DS} says now: it was not replaced yet",)
    same = felix_ipv6(NODE, install(OFF), FelixRead(), pod(OFF))
    assert (same.on, same.where, same.remarks) == (False, f"env FELIX_IPV6SUPPORT of {DS}", ())


def test_ip6_sets_the_address_alone_which_is_said() -> None:
    found = felix_ipv6(NODE, install(ON, {"name": "IP6", "value": "none"}), FelixRead())
    assert found.on is True
    assert found.remarks == ("IP6=none says which IPv6 address the node has, and nothing of what Felix programs",)


def test_a_daemonset_without_felix_is_undecided() -> None:
    found = felix_ipv6(NODE, install(container="renamed"), FelixRead())
    assert (found.on, found.why) == (None, f"{DS} has no container calico-node")
    other = felix_ipv6(NODE, install(ON), FelixRead(), pod(container="renamed"))
    assert (other.on, other.why) == (None, f"{POD} has no container calico-node")


def operated(plane: str) -> Install:
    meta = {"name": "default"}
    said = decoded({"metadata": meta, "spec": {"calicoNetwork": {"linuxDataplane": plane}}}, Installation)
    return install(ON, namespace="calico-system", installation=said)


def env(name: str, value: str) -> Install:
    return install(ON, {"name": name, "value": value})


@pytest.mark.parametrize(
    ("found", "read", "kind", "says"),
    [
        (install(ON), FelixRead(), DataplaneKind.IPTABLES, "iptables"),
        (
            install(ON),
            FelixRead((configuration("default", nftablesMode="Enabled"),)),
            DataplaneKind.NFTABLES,
            "nftables",
        ),
        (install(ON), FelixRead((configuration("default", nftablesMode="Auto"),)), DataplaneKind.IPTABLES, "iptables"),
        (
            *(install(ON), FelixRead((configuration("default", nftablesMode="Auto"),), kube_proxy_mode="nftables")),
            *(DataplaneKind.NFTABLES, "FelixConfiguration/default spec.nftablesMode (Auto)"),
        ),
        (install(ON), FelixRead(kube_proxy_mode="nftables"), DataplaneKind.IPTABLES, "its default differs by version"),
        (
            install(ON),
            FelixRead(unread=("forbidden",)),
            DataplaneKind.IPTABLES,
            "taken to be iptables: the environment",
        ),
        (
            *(install(ON), FelixRead((configuration("default", nftablesMode="Disabled", bpfEnabled=True),))),
            *(DataplaneKind.EBPF, "Felix still programs some rules of ip6tables"),
        ),
        (env("FELIX_NFTABLESMODE", "enabled"), FelixRead(), DataplaneKind.NFTABLES, "env FELIX_NFTABLESMODE"),
        (env("FELIX_BPFENABLED", "yes"), FelixRead(), DataplaneKind.EBPF, "env FELIX_BPFENABLED"),
        (env("FELIX_BPFENABLED", "maybe"), FelixRead(), DataplaneKind.IPTABLES, "iptables"),
        (operated("Nftables"), FelixRead(), DataplaneKind.NFTABLES, "the Installation's linuxDataplane (nftables)"),
        (operated("BPF"), FelixRead(), DataplaneKind.EBPF, "the Installation's linuxDataplane (bpf)"),
        (operated("VPP"), FelixRead(), DataplaneKind.VPP, "not known here"),
        (operated("Iptables"), FelixRead(), DataplaneKind.IPTABLES, "iptables"),
    ],
)
def test_the_dataplane_is_stated(found: Install, read: FelixRead, kind: DataplaneKind, says: str) -> None:
    plane = dataplane(NODE, found, read)
    assert (plane.kind, plane.immune) == (kind, kind is DataplaneKind.NFTABLES)
    assert says in plane.says
    assert felix_ipv6(NODE, found, read).needs_mark is (not plane.immune)
