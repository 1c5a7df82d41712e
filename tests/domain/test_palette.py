from domain.objects import ConfigMap, ObjectMeta
from domain.palette import CLUSTER_NAMESPACE, PaletteAgent


def config_map(name: str, **data: str) -> ConfigMap:
    return ConfigMap(metadata=ObjectMeta(name=name, namespace="cluster-x"), data=data)


DISABLED = config_map("palette-agent-config", **{"feature.workloads": "disable"})
ENABLED = config_map("palette-agent", **{"feature.workloads": "enable"})
ELSEWHERE = "whether the cluster was deployed by a self-hosted Palette or VerteX cannot be read in it"


def test_a_disabled_feature_is_the_reason_that_could_be_read() -> None:
    first, second = PaletteAgent((ENABLED, DISABLED)).reasons
    assert first.startswith("ConfigMap cluster-x/palette-agent-config has feature.workloads: disable (read)")
    assert "recommends disabling it" in first
    assert second.startswith(ELSEWHERE)


def test_an_enabled_feature_is_said_as_well() -> None:
    assert PaletteAgent((ENABLED,)).reasons[0] == "feature.workloads is not disabled in the agent's ConfigMap (read)"


def test_what_could_not_be_read_is_told_from_what_is_not_there() -> None:
    assert PaletteAgent().reasons[0] == "the agent's ConfigMap (palette-agent-config) was not read: there is none"
    assert PaletteAgent(unreadable=("403", "403 again")).reasons[0].endswith("was not read: 403")


def test_a_management_cluster_is_told_by_its_namespace() -> None:
    assert "this is a self-hosted Palette's management cluster" in PaletteAgent(self_hosted=True).reasons[-1]
    assert PaletteAgent().reasons[-1].startswith(ELSEWHERE)


def test_the_agents_namespace_is_named_by_the_clusters_uid() -> None:
    assert CLUSTER_NAMESPACE.fullmatch("cluster-0123456789abcdef01234567")
    assert not CLUSTER_NAMESPACE.fullmatch("cluster-api")
    assert not CLUSTER_NAMESPACE.fullmatch("cluster-0123456789abcdef01234567-x")
