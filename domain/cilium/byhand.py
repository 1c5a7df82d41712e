"""What a person types: the pack's values that last, and the commands for the cluster until then."""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from domain.cilium.objects import AGENT, CONFIG, NAMESPACE, NODE_CONFIGS, SUBJECT
from domain.cilium.parameters import Parameter, Reads
from domain.cilium.places import Place

SIGNALS: Final = {"auto-create-cilium-node-resource": "true", "ec2-api-endpoint": "", "eni-tags": "{}"}
"""What the chart renders for eni.enabled where nothing else of ENI is set."""

RESTART: Final = f"kubectl rollout restart daemonset/{AGENT} --namespace {NAMESPACE}"
STATUS: Final = f"kubectl rollout status daemonset/{AGENT} --namespace {NAMESPACE}"
PLACEMENT: Final = "for a new cluster, Enable static placement with the details of a VPC that is there already"


def config_of(parameters: Iterable[Parameter]) -> dict[str, str]:
    """What cilium-config should have for these of the ten."""
    wanted: dict[str, str] = {}
    for one in parameters:
        wanted |= SIGNALS if one.reads is Reads.SIGNALS else {one.keys[0]: one.wanted}
    return wanted


def fragment(parameters: Iterable[Parameter]) -> Iterator[str]:
    """The lines of the pack's values for these of the ten, from `charts:` on."""
    yield from ("charts:", "  cilium:")
    open_: tuple[str, ...] = ()
    for one in parameters:
        *above, last = one.path
        if above and tuple(above) != open_:
            yield f"    {above[0]}:"
        open_ = tuple(above)
        yield f"{'      ' if above else '    '}{last}: {one.quoted}"


def patch_command(config: dict[str, str]) -> str:
    """The command that sets these keys of cilium-config."""
    patch = _patch({"data": config})
    return f"kubectl patch configmap {CONFIG} --namespace {NAMESPACE} --type=merge --patch='{patch}'"


def by_hand(place: Place) -> Iterator[str]:
    """The runbook's way with this cluster's values, those that are not seen to be right, and what does it at once."""
    parameters = [one.parameter for one in place.judged if one.to_set]
    config = config_of(parameters)
    if place.subject != SUBJECT:
        _, namespace, name = place.subject.split("/")
        patch = _patch({"spec": {"defaults": config}})
        yield f"kubectl patch {NODE_CONFIGS.plural} {name} --namespace {namespace} --type=merge --patch='{patch}'"
        yield RESTART
        return
    yield "# in Palette, in the profile's Cilium pack: the preset Replace Kube-Proxy With EBPF, and these values"
    yield from (f"#   {line}" for line in fragment(parameters))
    yield f"# {PLACEMENT}"
    yield "# at once, until Palette or Helm writes it again:"
    yield patch_command(config)
    yield RESTART
    yield STATUS


def _patch(body: dict[str, object]) -> str:
    return json.dumps(body, separators=(",", ":"))
