"""Felix, the part of Calico that programs a node: what it goes by, where that is said, and what it shows when it fails.

Everything here is a function of what was read of the cluster (domain/calico.py); source: facts/cni.md.
"""

from domain.felix.configuration import FelixConfiguration, FelixConfigurationSpec
from domain.felix.environment import IPV6_SUPPORT, ConfigMaps, referenced
from domain.felix.ipv6 import Dataplane, DataplaneKind, FelixIPv6, dataplane, felix_ipv6
from domain.felix.place import Place, place_of_change
from domain.felix.settings import FelixRead, same_environment
from domain.felix.symptoms import CalicoLogs, PodLog, pod_symptoms, symptom_in_log
from domain.felix.values import Boolean, felix_boolean

__all__ = [
    "IPV6_SUPPORT",
    "Boolean",
    "CalicoLogs",
    "ConfigMaps",
    "Dataplane",
    "DataplaneKind",
    "FelixConfiguration",
    "FelixConfigurationSpec",
    "FelixIPv6",
    "FelixRead",
    "Place",
    "PodLog",
    "dataplane",
    "felix_boolean",
    "felix_ipv6",
    "place_of_change",
    "pod_symptoms",
    "referenced",
    "same_environment",
    "symptom_in_log",
]
