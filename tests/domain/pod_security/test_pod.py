import pickle
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pod_security import Level, PodSpecError, PolicyVersion, violations
from domain.pod_security.pod import read_pod
from tests.domain.pod_security.generator import pods
from tests.domain.pod_security.samples import container, hardened, pod


@pytest.mark.parametrize(
    ("sample", "path"),
    [
        ({}, "spec"),
        (None, ""),
        ([], ""),
        ({"spec": None}, "spec"),
        ({"spec": {}}, "spec.containers"),
        ({"spec": {"containers": None}}, "spec.containers"),
        ({"spec": {"containers": {}}}, "spec.containers"),
        ({"spec": {"containers": [None]}}, "spec.containers[0]"),
        ({"spec": {"containers": [{}]}}, "spec.containers[0].name"),
        (pod(initContainers=None), "spec.initContainers"),
        (pod(ephemeralContainers=None), "spec.ephemeralContainers"),
        (pod(volumes=None), "spec.volumes"),
        (pod(volumes=["v"]), "spec.volumes[0]"),
        (pod(volumes=[{"emptyDir": {}}]), "spec.volumes[0].name"),
        (pod(volumes=[{"name": "v", "hostPath": "/"}]), "spec.volumes[0].hostPath"),
        (pod(hostNetwork="true"), "spec.hostNetwork"),
        (pod(hostPID=1), "spec.hostPID"),
        (pod(hostIPC=[]), "spec.hostIPC"),
        (pod(hostUsers="no"), "spec.hostUsers"),
        (pod(os="windows"), "spec.os"),
        (pod(os={}), "spec.os.name"),
        (pod(context={"sysctls": None}), "spec.securityContext.sysctls"),
        (pod(context={"sysctls": [{"value": "1"}]}), "spec.securityContext.sysctls[0].name"),
        (pod(context={"runAsUser": "0"}), "spec.securityContext.runAsUser"),
        (pod(context={"seccompProfile": {}}), "spec.securityContext.seccompProfile.type"),
        (pod(container(context={"privileged": "true"})), "spec.containers[0].securityContext.privileged"),
        (
            pod(container(), container("b", context={"capabilities": {"add": None}})),
            "spec.containers[1].securityContext.capabilities.add",
        ),
        (
            pod(container(context={"capabilities": {"drop": ["ALL", 1]}})),
            "spec.containers[0].securityContext.capabilities.drop[1]",
        ),
        (pod(container(ports=None)), "spec.containers[0].ports"),
        (pod(container(ports=[{"containerPort": 1, "hostPort": "80"}])), "spec.containers[0].ports[0].hostPort"),
        (pod(container(ports=[{"hostPort": 80}])), "spec.containers[0].ports[0].containerPort"),
        (pod(container(livenessProbe={"httpGet": {"host": 1}})), "spec.containers[0].livenessProbe.httpGet.host"),
        ({**pod(), "metadata": {"annotations": []}}, "metadata.annotations"),
        ({**pod(), "metadata": {"annotations": {"a": True}}}, "metadata.annotations[...]"),
        ({**pod(), "metadata": {"annotations": {1: ""}}}, "metadata.annotations"),
        ({**pod(), "metadata": ""}, "metadata"),
    ],
)
@pytest.mark.parametrize("level", Level)
def test_odd_pods_are_refused_by_field(sample: Any, path: str, level: Level) -> None:
    with pytest.raises(PodSpecError) as caught:
        violations(sample, level)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: " if path else caught.value.problem)


def test_the_error_says_what_was_found_and_survives_a_worker() -> None:
    with pytest.raises(PodSpecError, match=r"^spec\.hostNetwork: Expected bool \| null, got str$") as caught:
        violations(pod(hostNetwork="true"), Level.BASELINE)
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made two words earlier
    assert (copy.path, copy.problem) == (caught.value.path, caught.value.problem)
    with pytest.raises(PodSpecError, match=r"^spec\.containers: missing$"):
        violations({"spec": {}}, Level.BASELINE)
    assert str(PodSpecError("", "Expected object, got null")) == "Expected object, got null"


def test_nulls_for_objects_and_scalars_are_unset_as_the_api_reads_them() -> None:
    sample = pod(container(lifecycle=None, livenessProbe=None), hostNetwork=None, hostUsers=None, os=None)
    sample["spec"]["securityContext"] = sample["spec"]["containers"][0]["securityContext"] = None
    sample["metadata"] = {"annotations": None, "creationTimestamp": None}
    assert violations(sample, Level.BASELINE) == []
    assert violations({"spec": sample["spec"], "metadata": None}, Level.BASELINE) == []
    assert violations({"spec": sample["spec"]}, Level.BASELINE) == []


def test_fields_that_the_standards_do_not_read_do_not_matter() -> None:
    nested: dict[str, Any] = {}
    for _ in range(100_000):
        nested = {"x": nested}
    sample = hardened(nodeName=5, futureField=[None], volumes=[{"name": "v", "emptyDir": nested, "futureType": None}])
    sample["status"] = "odd"
    assert violations(MappingProxyType(sample), Level.RESTRICTED) == []


def test_a_null_annotation_is_an_empty_one() -> None:
    sample = {**pod(), "metadata": {"annotations": {"container.apparmor.security.beta.kubernetes.io/a": None}}}
    assert violations(sample, Level.BASELINE) == []


def test_containers_are_visited_in_the_order_of_admission() -> None:
    sample = pod(container("b"), container("a"), ephemeralContainers=[container("e")], initContainers=[container("i")])
    assert [each.name for each in read_pod(sample).containers] == ["i", "b", "a", "e"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
VERSIONS = st.sampled_from([*(f"v1.{minor}" for minor in range(40)), "latest"]).map(PolicyVersion.parse)


@given(JSON, st.sampled_from(Level), VERSIONS)
def test_anything_at_all_is_judged_or_refused(sample: Any, level: Level, version: PolicyVersion) -> None:
    with pytest.raises(PodSpecError):
        violations(sample, level, version)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value that holds another: its holder and its key or index there."""
    keys = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in keys for place in ((value, key), *_places(inner))]


@given(st.randoms(use_true_random=False), JSON, st.sampled_from(Level), VERSIONS, st.data())
def test_a_pod_with_anything_in_any_place_is_judged_or_refused(
    random: Any, odd: Any, level: Level, version: PolicyVersion, data: st.DataObject
) -> None:
    sample = next(pods(random))
    holder, key = data.draw(st.sampled_from(_places(sample)))
    holder[key] = odd
    with suppress(PodSpecError):
        assert all(each.reason and each.detail for each in violations(sample, level, version))


@given(st.randoms(use_true_random=False), VERSIONS)
def test_what_a_stricter_level_admits_a_wider_one_admits_too(random: Any, version: PolicyVersion) -> None:
    sample = next(pods(random))
    admitted = [not violations(sample, level, version) for level in Level]
    assert admitted == sorted(admitted, reverse=True)
