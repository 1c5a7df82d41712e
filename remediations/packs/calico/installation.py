"""Turn IPv6 off where the operator installed Calico: in its Installation, from which it renders the DaemonSet.

It renders FELIX_IPV6SUPPORT true where spec.calicoNetwork.nodeAddressAutodetectionV6 names a way, else false, and sets
that field again itself where there is a pool of IPv6 (facts/cni.md).
"""

import json
from typing import Final

import msgspec

from domain.calico import INSTALLATIONS, Install
from domain.felix import IPV6_SUPPORT, FelixRead, felix_boolean, place_of_change
from domain.felix.environment import variable
from domain.plan import Edit, PatchObject, Ref, WaitFor, pointer

FIELD: Final = pointer("spec", "calicoNetwork", "nodeAddressAutodetectionV6")
NO_ADDRESS: Final = (
    "Calico detects no IPv6 address of its nodes any more: BGP over IPv6 ends, and whatever else of Calico's needs one"
)
OWNER: Final = (
    "whoever deploys the Installation (Palette, from the pack's values or a manifest) may write it again: take "
    "nodeAddressAutodetectionV6 away there too"
)


def take_away(install: Install, read: FelixRead, wait: WaitFor) -> tuple[PatchObject | WaitFor, ...] | str:
    """The removal of the field and the wait for what the operator makes of it; or why that turns nothing off.

    Where the operator has it off already, its rollout alone is waited for.
    """
    place, installation = place_of_change(install), install.installation
    felix = install.felix
    said = variable(felix, IPV6_SUPPORT, install.namespace, read.config_maps).value if felix is not None else None
    if said is not None and not felix_boolean(said, default=True).value:
        return (wait,)
    if installation is None:
        return f"{place.why}, and there is none: change what it is installed by"
    detected = installation.spec.calico_network.node_address_autodetection_v6
    if not detected:
        return (
            f"{place.why}, and {place.resource.kind}/{place.name} has no nodeAddressAutodetectionV6 that would have it "
            f"on: look why the operator leaves {install} as it is"
        )
    if said is None:
        return f"{install} does not say {IPV6_SUPPORT}: its operator is one that does not render it, so update that"
    patch = json.dumps([{"op": "remove", "path": FIELD}], separators=(",", ":"))
    change = PatchObject(
        ref=Ref(INSTALLATIONS, None, place.name, installation.metadata.uid),
        edits=(Edit(FIELD, detected, None),),
        reason=place.why,
        command=f"kubectl patch installation {place.name} --type=json --patch='{patch}'",
    )
    generation = install.daemon_set.metadata.generation
    return change, msgspec.structs.replace(
        wait, beyond=generation, reason=f"the operator changes it, and {wait.reason}"
    )
