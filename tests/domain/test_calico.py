"""Which Calico is installed, whether its IPv6 is needed, and where turning it off belongs; on objects as the API's."""

import json
from typing import Any, TypeVar

import msgspec
import pytest

from domain.calico import (
    CalicoDaemonSet,
    CalicoPod,
    Installation,
    IPPool,
    Kind,
    Service,
    installs,
    needs_ipv6,
)
from domain.felix import place_of_change

T = TypeVar("T")
OF_THE_OPERATOR = (
    "Installation/default spec.calicoNetwork.nodeAddressAutodetectionV6, and the IPv6 entries of "
    "spec.calicoNetwork.ipPools"
)


def daemon_set(name: str, namespace: str = "kube-system", **meta: Any) -> CalicoDaemonSet:
    spec = {"template": {"spec": {"containers": [{"name": "calico-node", "env": []}]}}}
    return decoded({"metadata": {"name": name, "namespace": namespace, **meta}, "spec": spec}, CalicoDaemonSet)


def decoded(obj: Any, kind: type[T]) -> T:
    return msgspec.json.decode(json.dumps(obj), type=kind)


def owner(kind: str, name: str) -> dict[str, Any]:
    return {"ownerReferences": [{"kind": kind, "name": name, "uid": "u", "controller": True}]}


def installation(**network: Any) -> Installation:
    spec = {"variant": "Calico", "calicoNetwork": network}
    return decoded({"metadata": {"name": "default"}, "spec": spec}, Installation)


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (daemon_set("calico-node"), Kind.MANIFEST),
        (daemon_set("calico-node", "network"), Kind.MANIFEST),
        (daemon_set("canal"), Kind.CANAL),
        (daemon_set("rke2-canal"), Kind.CANAL),
        (daemon_set("calico-node", "calico-system"), Kind.OPERATOR),
        (daemon_set("calico-node", "elsewhere", **owner("Installation", "default")), Kind.OPERATOR),
    ],
)
def test_an_install_is_told_by_its_daemonset(found: CalicoDaemonSet, kind: Kind) -> None:
    (install,) = installs([daemon_set("kube-proxy"), daemon_set("calico-node-windows", "calico-system"), found])
    assert (install.kind, install.daemon_set) == (kind, found)


def test_the_installation_belongs_to_the_operators_install_alone() -> None:
    found = installs([daemon_set("calico-node"), daemon_set("calico-node", "calico-system")], [installation()])
    assert [(i.kind, i.installation is not None) for i in found] == [(Kind.MANIFEST, False), (Kind.OPERATOR, True)]


def test_no_calico_is_no_install() -> None:
    assert installs([daemon_set("cilium")], [installation()]) == ()


@pytest.mark.parametrize(
    ("meta", "owned"),
    [
        ({"namespace": "kube-system", **owner("DaemonSet", "canal")}, True),
        ({"namespace": "kube-system", **owner("DaemonSet", "calico-node")}, False),
        ({"namespace": "kube-system", **owner("ReplicaSet", "canal")}, False),
        ({"namespace": "other", **owner("DaemonSet", "canal")}, False),
        ({"namespace": "kube-system"}, False),
    ],
)
def test_a_pod_is_of_the_daemonset_that_owns_it(meta: dict[str, Any], owned: bool) -> None:
    (install,) = installs([daemon_set("canal")])
    pod = decoded({"metadata": {"name": "canal-x1", **meta}}, CalicoPod)
    assert install.owns(pod) is owned
    assert str(install) == "DaemonSet/kube-system/canal"


@pytest.mark.parametrize(
    ("name", "namespace", "place"),
    [
        (
            *("calico-node", "kube-system"),
            "DaemonSet/kube-system/calico-node spec.template.spec.containers[calico-node].env[FELIX_IPV6SUPPORT]",
        ),
        (
            *("rke2-canal", "kube-system"),
            "DaemonSet/kube-system/rke2-canal spec.template.spec.containers[calico-node].env[FELIX_IPV6SUPPORT]",
        ),
        (
            *("calico-node", "calico-system"),
            OF_THE_OPERATOR,
        ),
    ],
)
@pytest.mark.parametrize("seen", [True, False])
def test_a_change_belongs_where_nothing_takes_it_back(name: str, namespace: str, place: str, seen: bool) -> None:
    (install,) = installs([daemon_set(name, namespace)], [installation()] if seen else [])
    assert str(place_of_change(install)) == place


@pytest.mark.parametrize("cidr", ["fd00:10:48::/64", "2001:db8::1/120"])
def test_an_ipv6_pool_needs_ipv6(cidr: str) -> None:
    pool = decoded({"metadata": {"name": "six"}, "spec": {"cidr": cidr}}, IPPool)
    assert needs_ipv6([pool], []) == (f"IPPool/six is of IPv6 ({cidr})",)
    pools = [{"cidr": "10.48.0.0/21"}, {"cidr": cidr}]
    assert needs_ipv6([], [], installation(ipPools=pools)) == (f"the Installation has a pool of IPv6 ({cidr})",)


@pytest.mark.parametrize("cidr", ["10.1.0.0/16", "", "none"])
def test_other_pools_do_not(cidr: str) -> None:
    pool = decoded({"metadata": {"name": "four"}, "spec": {"cidr": "10.0.0.0/8"}}, IPPool)
    services = [decoded({"metadata": {"name": "s", "namespace": "a"}, "spec": {"ipFamilies": ["IPv4"]}}, Service)]
    assert needs_ipv6([pool], services, installation(ipPools=[{"cidr": cidr}])) == ()


@pytest.mark.parametrize(("count", "said"), [(1, "a/s0"), (3, "a/s0, a/s1, a/s2"), (5, "a/s0, a/s1, a/s2 and 2 more")])
def test_services_with_ipv6_addresses_need_it(count: int, said: str) -> None:
    families = {"ipFamilies": ["IPv4", "IPv6"]}
    services = [
        decoded({"metadata": {"name": f"s{n}", "namespace": "a"}, "spec": families}, Service) for n in range(count)
    ]
    assert needs_ipv6([], services, installation()) == (f"Services have IPv6 addresses: {said}",)


def test_the_operators_word_on_ipv6_is_decoded() -> None:
    network = installation(nodeAddressAutodetectionV6={"firstFound": True}, linuxDataplane="BPF").spec.calico_network
    assert (network.node_address_autodetection_v6, network.linux_dataplane) == ({"firstFound": True}, "BPF")
    assert decoded({"metadata": {"name": "default"}}, Installation).spec.calico_network.ip_pools == []
