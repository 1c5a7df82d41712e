import pytest

from domain.pod_security import Level
from tests.domain.pod_security.samples import JsonObject, container, pod, said

CAPABILITIES = (
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP"),
    *("SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
)
UNCONFINED = {"type": "Unconfined"}
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP = "container.seccomp.security.alpha.kubernetes.io/"


@pytest.mark.parametrize(
    ("control", "sample"),
    [
        ("appArmorProfile", pod()),
        ("appArmorProfile", pod(context={"appArmorProfile": {"type": "Localhost", "localhostProfile": "x"}})),
        ("appArmorProfile", pod(container(context={"appArmorProfile": {"type": "RuntimeDefault"}}))),
        (
            "appArmorProfile",
            pod(annotations={f"{APPARMOR}a": "localhost/x", f"{APPARMOR}b": "", "other": "unconfined"}),
        ),
        ("appArmorProfile", pod(annotations={f"{APPARMOR}a": "runtime/default"})),
        ("capabilities_baseline", pod(container(context={"capabilities": {"add": list(CAPABILITIES)}}))),
        ("capabilities_baseline", pod(container(context={"capabilities": {"drop": ["ALL"]}}), container("b"))),
        ("procMount", pod(container(context={"procMount": "Default"}), container("b", context={"procMount": None}))),
        ("seLinuxOptions", pod(context={"seLinuxOptions": {"level": "s0"}})),
        ("seLinuxOptions", pod(container(context={"seLinuxOptions": {"type": "container_kvm_t", "user": ""}}))),
        ("seccompProfile_baseline", pod(context={"seccompProfile": {"type": "RuntimeDefault"}})),
        ("seccompProfile_baseline", pod(annotations={SECCOMP_POD: "docker/default", f"{SECCOMP}a": "localhost/x"})),
        ("seccompProfile_baseline", pod(annotations={SECCOMP_POD: "runtime/default", f"{SECCOMP}other": "unconfined"})),
    ],
)
@pytest.mark.parametrize("version", ["v1.0", "v1.18", "v1.19", "v1.36", "latest"])
def test_pass(control: str, sample: JsonObject, version: str) -> None:
    assert said(sample, Level.BASELINE, version, control) is None


@pytest.mark.parametrize(
    ("control", "sample", "words"),
    [
        (
            "appArmorProfile",
            pod(context={"appArmorProfile": UNCONFINED}),
            'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
        ),
        (
            "appArmorProfile",
            pod(
                container(context={"appArmorProfile": {"type": "B"}}),
                container("b", context={"appArmorProfile": UNCONFINED}),
                context={"appArmorProfile": {"type": "A"}},
            ),
            (
                'forbidden AppArmor profiles (pod and containers "a", "b" must not set AppArmor profile type to '
                '"A", "B", "Unconfined")'
            ),
        ),
        (
            "appArmorProfile",
            pod(annotations={f"{APPARMOR}a": "unconfined"}),
            (
                'forbidden AppArmor profiles (container "a" and annotation must not set AppArmor profile type to '
                f'"Unconfined", "{APPARMOR}a="unconfined"")'
            ),
        ),
        (
            "appArmorProfile",
            pod(annotations={f"{APPARMOR}z": "unconfined", f"{APPARMOR}y": 'a"b'}),
            (
                "forbidden AppArmor profiles (annotations must not set AppArmor profile type to "
                f'"{APPARMOR}y="a\\"b"", "{APPARMOR}z="unconfined"")'
            ),
        ),
        (
            "appArmorProfile",
            pod(annotations={f"{APPARMOR}a": "unconfined"}, os={"name": "windows"}),
            f'forbidden AppArmor profile (annotation must not set AppArmor profile type to "{APPARMOR}a="unconfined"")',
        ),
        (
            "appArmorProfile",
            pod(annotations={f"{APPARMOR}a": "unconfined"}, context={"appArmorProfile": UNCONFINED}),
            (
                "forbidden AppArmor profiles (pod and annotation must not set AppArmor profile type to "
                f'"Unconfined", "{APPARMOR}a="unconfined"")'
            ),
        ),
        (
            "capabilities_baseline",
            pod(container(context={"capabilities": {"add": ["NET_RAW", "KILL", "BPF"]}}), container("b")),
            (
                'non-default capabilities (container "a" must not include "BPF", "NET_RAW" in '
                "securityContext.capabilities.add)"
            ),
        ),
        (
            "procMount",
            pod(container(context={"procMount": "Unmasked"}), container("b", context={"procMount": "Other"})),
            'procMount (containers "a", "b" must not set securityContext.procMount to "Other", "Unmasked")',
        ),
        (
            "seLinuxOptions",
            pod(context={"seLinuxOptions": {"type": "spc_t"}}),
            'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t")',
        ),
        (
            "seLinuxOptions",
            pod(
                container(context={"seLinuxOptions": {"type": "b_t", "role": "r"}}),
                container("b", context={"seLinuxOptions": {"user": "u"}}),
                container("c", context={"seLinuxOptions": {"type": "container_t"}}),
                context={"seLinuxOptions": {"type": "a_t"}},
            ),
            (
                'seLinuxOptions (pod and containers "a", "b" set forbidden securityContext.seLinuxOptions: '
                'types "a_t", "b_t"; user may not be set; role may not be set)'
            ),
        ),
    ],
)
@pytest.mark.parametrize("version", ["v1.0", "v1.36", "latest"])
def test_fail(control: str, sample: JsonObject, words: str, version: str) -> None:
    assert said(sample, Level.BASELINE, version, control) == words


def test_proc_mount_passes_in_a_user_namespace_since_1_35_but_not_for_restricted() -> None:
    sample = pod(container(context={"procMount": "Unmasked"}), hostUsers=False)
    words = 'procMount (container "a" must not set securityContext.procMount to "Unmasked")'
    assert said(sample, Level.BASELINE, "v1.34", "procMount") == words
    assert said(sample, Level.BASELINE, "v1.35", "procMount") is None
    assert said(sample, Level.RESTRICTED, "v1.34", "procMount") == words
    assert said(sample, Level.RESTRICTED, "v1.35", "procMount_restricted") == words
    assert said(sample, Level.RESTRICTED, "v1.35", "procMount") is None


def test_container_engines_have_their_selinux_type_since_1_31() -> None:
    sample = pod(container(context={"seLinuxOptions": {"type": "container_engine_t"}}))
    words = 'container "a" set forbidden securityContext.seLinuxOptions: type "container_engine_t"'
    assert said(sample, Level.BASELINE, "v1.30", "seLinuxOptions") == f"seLinuxOptions ({words})"
    assert said(sample, Level.BASELINE, "v1.31", "seLinuxOptions") is None


def test_seccomp_is_judged_by_annotation_before_1_19_and_by_field_since() -> None:
    annotated = pod(
        container(), container("b"), annotations={SECCOMP_POD: "unconfined", f"{SECCOMP}b": "", f"{SECCOMP}x": "x"}
    )
    words = f'forbidden annotations {SECCOMP}b="", {SECCOMP_POD}="unconfined"'
    assert said(annotated, Level.BASELINE, "v1.18", "seccompProfile_baseline") == f"seccompProfile ({words})"
    assert said(annotated, Level.BASELINE, "v1.19", "seccompProfile_baseline") is None

    fields = pod(
        container(context={"seccompProfile": UNCONFINED}),
        container("b", context={"seccompProfile": {"type": "Localhost"}}),
        context={"seccompProfile": UNCONFINED},
    )
    words = 'pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined"'
    assert said(fields, Level.BASELINE, "v1.18", "seccompProfile_baseline") is None
    assert said(fields, Level.BASELINE, "v1.19", "seccompProfile_baseline") == f"seccompProfile ({words})"
    assert said(fields, Level.RESTRICTED, "v1.19", "seccompProfile_baseline") is None
    assert said(fields, Level.RESTRICTED, "v1.19", "seccompProfile_restricted") == f"seccompProfile ({words})"
