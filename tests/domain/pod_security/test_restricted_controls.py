import pytest

from domain.pod_security import Level, violations
from tests.domain.pod_security.samples import JsonObject, container, hardened, pod, said
from tests.domain.pod_security.volumes import VOLUME_SOURCES

ALLOWED = [
    "unset",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
]


def test_pass_a_hardened_pod() -> None:
    assert violations(hardened(), Level.RESTRICTED) == []


@pytest.mark.parametrize("kind", VOLUME_SOURCES)
def test_volumes(kind: str) -> None:
    sample = pod(volumes=[{"name": "v", **VOLUME_SOURCES[kind]}])
    words = f'restricted volume types (volume "v" uses restricted volume type "{kind}")'
    assert said(sample, Level.RESTRICTED, "v1.0", "restrictedVolumes") == (None if kind in ALLOWED else words)
    assert said(sample, Level.BASELINE, "v1.0", "restrictedVolumes") is None


@pytest.mark.parametrize(
    ("control", "since", "sample", "words"),
    [
        (
            "restrictedVolumes",
            "v1.0",
            pod(volumes=[{"name": "z", "nfs": {}}, {"name": "b", "hostPath": {}}, {"name": "c", "secret": {}}]),
            'restricted volume types (volumes "z", "b" use restricted volume types "hostPath", "nfs")',
        ),
        (
            "restrictedVolumes",
            "v1.0",
            pod(volumes=[{"name": "z", "futureType": {}}]),
            'restricted volume types (volume "z" uses restricted volume type "unknown")',
        ),
        (
            "allowPrivilegeEscalation",
            "v1.8",
            pod(
                container(context={"allowPrivilegeEscalation": True}),
                container("b", context={"allowPrivilegeEscalation": None}),
                container("c", context={"allowPrivilegeEscalation": False}),
            ),
            (
                'allowPrivilegeEscalation != false (containers "a", "b" must set '
                "securityContext.allowPrivilegeEscalation=false)"
            ),
        ),
        (
            "capabilities_restricted",
            "v1.22",
            pod(
                container(),
                container("b", context={"capabilities": {"add": ["NET_BIND_SERVICE", "KILL"], "drop": ["ALL"]}}),
                container("c", context={"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL", "KILL"]}}),
                container("d", context={"capabilities": {"add": ["CHOWN"], "drop": ["KILL"]}}),
            ),
            (
                'unrestricted capabilities (containers "a", "d" must set securityContext.capabilities.drop=["ALL"]; '
                'containers "b", "d" must not include "CHOWN", "KILL" in securityContext.capabilities.add)'
            ),
        ),
        (
            "capabilities_restricted",
            "v1.22",
            pod(container(context={"capabilities": {"add": ["KILL"], "drop": ["ALL"]}})),
            'unrestricted capabilities (container "a" must not include "KILL" in securityContext.capabilities.add)',
        ),
        (
            "runAsNonRoot",
            "v1.0",
            pod(container(), container("b", context={"runAsNonRoot": True})),
            'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
        ),
        (
            "runAsNonRoot",
            "v1.0",
            pod(container(context={"runAsNonRoot": False}), container("b"), context={"runAsNonRoot": True}),
            'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)',
        ),
        (
            "runAsNonRoot",
            "v1.0",
            pod(container(context={"runAsNonRoot": True}), context={"runAsNonRoot": False}),
            "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)",
        ),
        (
            "runAsUser",
            "v1.23",
            pod(
                container(context={"runAsUser": 0}), container("b", context={"runAsUser": 1}), context={"runAsUser": 0}
            ),
            'runAsUser=0 (pod and container "a" must not set runAsUser=0)',
        ),
        (
            "seccompProfile_restricted",
            "v1.19",
            pod(container(), container("b", context={"seccompProfile": {"type": "Localhost"}})),
            (
                'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to '
                '"RuntimeDefault" or "Localhost")'
            ),
        ),
        (
            "seccompProfile_restricted",
            "v1.19",
            pod(container(context={"seccompProfile": {"type": "Unconfined"}}), container("b")),
            'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
        ),
    ],
)
def test_fail(control: str, since: str, sample: JsonObject, words: str) -> None:
    minor = int(since.removeprefix("v1."))
    if minor:
        assert said(sample, Level.RESTRICTED, f"v1.{minor - 1}", control) is None
    assert said(sample, Level.RESTRICTED, since, control) == words
    assert said(sample, Level.RESTRICTED, "latest", control) == words
    assert said(sample, Level.BASELINE, "latest", control) is None


@pytest.mark.parametrize(
    ("control", "sample"),
    [
        ("runAsNonRoot", pod(container(context={"runAsNonRoot": None}), context={"runAsNonRoot": True})),
        ("runAsUser", pod(container(context={"runAsUser": None}), context={"runAsUser": 1000})),
        ("seccompProfile_restricted", pod(container(context={"seccompProfile": {"type": "Localhost"}}))),
    ],
)
def test_pass(control: str, sample: JsonObject) -> None:
    assert said(sample, Level.RESTRICTED, "latest", control) is None


@pytest.mark.parametrize(
    "control", ["allowPrivilegeEscalation", "capabilities_restricted", "seccompProfile_restricted"]
)
def test_windows_pods_pass_since_1_25(control: str) -> None:
    windows, linux = pod(os={"name": "windows"}), pod(os={"name": "linux"})
    assert said(windows, Level.RESTRICTED, "v1.24", control) is not None
    assert said(windows, Level.RESTRICTED, "v1.25", control) is None
    assert said(linux, Level.RESTRICTED, "v1.25", control) is not None


@pytest.mark.parametrize("control", ["runAsNonRoot", "runAsUser"])
def test_root_passes_in_a_user_namespace_since_1_35(control: str) -> None:
    root = {"runAsNonRoot": False, "runAsUser": 0}
    assert said(pod(context=root, hostUsers=False), Level.RESTRICTED, "v1.34", control) is not None
    assert said(pod(context=root, hostUsers=False), Level.RESTRICTED, "v1.35", control) is None
    assert said(pod(context=root, hostUsers=True), Level.RESTRICTED, "v1.35", control) is not None
    assert said(pod(context=root), Level.RESTRICTED, "v1.35", control) is not None
