"""What a person should look at beside the ten values: none of it is a defect by itself.

The AWS VPC CNI and kube-proxy beside Cilium, agents that never became ready, what an older Palette needs besides, and
what no reading of a cluster can show (facts/cni.md, facts/palette.md).
"""

from collections.abc import Iterator
from typing import Final

from domain.cilium.byhand import RESTART
from domain.cilium.cluster import Cilium
from domain.cilium.objects import AGENT, AWS_NODE, KUBE_PROXY, NAMESPACE, SUBJECT, DaemonSet
from domain.facts import Fact
from domain.verdict import Note

BEFORE: Final = "a Palette before 4.8.16"
"""From which on neither of the two need be turned off, nor k8sServiceHost set (facts/palette.md)."""

ENABLED: Final = "io.cilium/aws-node-enabled"
TAINT_KEY: Final = "agent-not-ready-taint-key"
TAINT: Final = "node.cilium.io/agent-not-ready"
NOT_SHOWN: Final = (
    "no reading of a cluster shows whether the preset Replace Kube-Proxy With EBPF was chosen (what counts of it is "
    "kubeProxyReplacement), nor whether the cluster was placed in a pre-created static VPC, which EKS with Cilium "
    "needs: look at the profile and at the cluster's settings in Palette"
)
_OFF: Final = f'{{"spec":{{"template":{{"spec":{{"nodeSelector":{{"{ENABLED}":"true"}}}}}}}}}}'


def beside(cilium: Cilium) -> Iterator[Note]:
    """Say what is worth looking at."""
    yield from _never_ready(cilium)
    yield from _outdated(cilium)
    yield from _runs(AWS_NODE, cilium.aws_node, "which sets up the ENIs that Cilium sets up")
    for node in cilium.nodes.items:
        if node.metadata.labels.get(ENABLED) == "true":
            yield Note(f"Node/{node.metadata.name}", f"has the label {ENABLED}: a disabled {AWS_NODE} runs there still")
    yield from _runs(KUBE_PROXY, cilium.kube_proxy, "which holds port 10256: there an agent with these values ends")
    yield from _api_host(cilium)
    back = "; ".join(map(str, cilium.taken_back))
    if back:
        yield Note(SUBJECT, f"the Helm release still says otherwise, and its next upgrade writes that here: {back}")
    yield Note(SUBJECT, NOT_SHOWN)


def _outdated(cilium: Cilium) -> Iterator[Note]:
    """Agents that were not restarted since their configuration was changed, by whomever."""
    for unread in cilium.pods.unread:
        yield Note(SUBJECT, f"whether the agents were restarted since it was changed was not read: {unread.reason}")
    if cilium.outdated:
        nodes = ", ".join(cilium.outdated)
        yield Note(
            SUBJECT, f"was changed after the agents of {nodes} started, which run by what it was then: {RESTART}"
        )


def off(name: str) -> str:
    """The command that keeps one of EKS' own DaemonSets off every node."""
    return f"kubectl patch daemonset {name} --namespace {NAMESPACE} --type=strategic --patch='{_OFF}'"


def _runs(name: str, read: Fact[DaemonSet], what: str) -> Iterator[Note]:
    """Where one of EKS' own DaemonSets runs beside Cilium; where that was not read, that."""
    subject, there = f"DaemonSet/{NAMESPACE}/{name}", read.first
    for unread in read.unread:
        yield Note(subject, f"whether it runs beside Cilium was not read: {unread.reason}")
    if there is not None and there.runs:
        yield Note(
            subject,
            f"runs {there.runs}, {what}; {BEFORE} needs it off: {off(name)}",
        )


def _api_host(cilium: Cilium) -> Iterator[Note]:
    agent = cilium.agent.first
    if agent is not None and not agent.api_host:
        yield Note(
            f"DaemonSet/{NAMESPACE}/{AGENT}",
            f"charts.cilium.k8sServiceHost is not set: {BEFORE} needs it (the API server's address, without https://), "
            'with k8sServicePort: "443" and ipv4NativeRoutingCIDR',
        )


def _never_ready(cilium: Cilium) -> Iterator[Note]:
    """Nodes on which Cilium's own taint was left: pods wait until the agent there takes it away."""
    key = (cilium.data or {}).get(TAINT_KEY, TAINT).strip() or TAINT
    for unread in cilium.nodes.unread:
        yield Note(unread.subject, f"whether a node has Cilium's taint was not read: {unread.reason}")
    for node in cilium.nodes.items:
        if any(taint.key == key for taint in node.spec.taints):
            yield Note(f"Node/{node.metadata.name}", f"has the taint {key}: the agent has not become ready there")
