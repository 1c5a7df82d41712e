"""A secret in each place that the readers touch stands in nothing that a run leaves: raw, in base64, URL-encoded.

One bundle holds them all; it is checked, recorded, and the recording is checked.
"""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.bundles.made import edge, infra, named
from tests.commands import Done, packcheck, texts

PALETTE = "cluster-0123456789abcdef01234567"
LABELS = "pod-security.kubernetes.io/enforce=privileged"
PLACES = (
    "environment by its name",
    "environment by its shape",
    "argument after its flag",
    "argument with its flag",
    "annotation by its key",
    "annotation by its shape",
    "applied configuration",
    "config map by its key",
    "kubeconfig",
    "url",
    "values",
    "values in a block",
    "secret",
    "event",
    "message of a pod",
    "annotation of a node",
    "user-data",
    "command line",
)


def secret(place: str) -> str:
    """A secret of its own for each place, which no other text holds."""
    return f"Hunter2-{PLACES.index(place):02}+xyzzy/plugh"


def token(place: str) -> str:
    """The same in the shape of a JSON web token."""
    body = base64.urlsafe_b64encode(json.dumps({"sub": secret(place)}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{body}.c2lnbmF0dXJlLW9mLWl0"


def objects() -> list[dict[str, Any]]:
    env = [
        {"name": "DB_PASSWORD", "value": secret("environment by its name")},
        {"name": "HEADER", "value": f"Bearer {token('environment by its shape')}"},
        {"name": "FELIX_IPV6SUPPORT", "value": "true"},
    ]
    container = {
        "name": "calico-node",
        "image": "calico/node",
        "env": env,
        "command": ["run", "--token", secret("argument after its flag")],
        "args": [f"--api-key={secret('argument with its flag')}"],
        "securityContext": {"privileged": True},
    }
    applied = {"kind": "Secret", "data": {"a": secret("applied configuration")}}
    annotations = {
        "example.com/auth-token": secret("annotation by its key"),
        "example.com/header": f"x {token('annotation by its shape')}",
        "kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied),
    }
    kubeconfig = f"users:\n- name: a\n  user:\n    token: {secret('kubeconfig')}\n"
    values = (
        f'pack:\n  namespaceLabels:\n    "web": "{LABELS}"\ncharts:\n  x:\n    adminPassword: {secret("values")}\n'
        f"    privateKey: |\n      {secret('values in a block')}\n"
    )
    refused = f'pods "a-" is forbidden: violates PodSecurity "baseline:latest": x (password={secret("event")})'
    return [
        *(named("Namespace", name) for name in ("default", "kube-system", "web", PALETTE)),
        named(
            "Node",
            "n1",
            metadata={"annotations": {"example.com/password": secret("annotation of a node")}},
            status={"nodeInfo": {"kernelVersion": "6.8.0-57-generic", "osImage": "Ubuntu 24.04.2 LTS"}},
        ),
        named(
            "DaemonSet",
            "calico-node",
            "kube-system",
            metadata={"annotations": annotations},
            spec={"template": {"metadata": {}, "spec": {"containers": [container]}}},
            status={"desiredNumberScheduled": 2, "currentNumberScheduled": 1},
        ),
        named("DaemonSet", "a", "web", status={"desiredNumberScheduled": 1}),
        named(
            "Event",
            "e",
            "web",
            reason="FailedCreate",
            message=f"Error creating: {refused}",
            involvedObject={"kind": "DaemonSet", "namespace": "web", "name": "a", "uid": "uid-a"},
        ),
        named(
            "Pod",
            "upgrade-pod",
            "default",
            spec={"nodeName": "n1", "containers": [container]},
            status={"phase": "Failed", "message": f"token: {secret('message of a pod')}"},
        ),
        named(
            "ConfigMap",
            "palette-agent-config",
            PALETTE,
            data={
                "feature.workloads": "disable",
                "apiKey": secret("config map by its key"),
                "kubeconfig": kubeconfig,
                "url": f"https://ann:{secret('url')}@example.com/",
            },
        ),
        {**named("Pack", "p", PALETTE, spec={"values": values}), "apiVersion": "cluster.spectrocloud.com/v1alpha1"},
        named("Secret", "s", "kube-system", type="helm.sh/release.v1", data={"release": secret("secret")}),
    ]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Done]:
    """A recorded run on the bundle and its host, and a run on the recording."""
    folder = tmp_path_factory.mktemp("secrets")
    host = edge(
        folder,
        "n1",
        hostname="n1\n",
        cmdline=f"BOOT_IMAGE=/boot/vmlinuz ipv6.disable=1 token={secret('command line')}",
        userdata=f"stages:\n  boot:\n  - commands:\n    - sysctl -w net.ipv6.conf.all.disable_ipv6=1 --password={secret('user-data')}\n",
    )
    cluster = infra(folder, objects())
    first = packcheck(folder / "run", f"--bundle={cluster}", f"--bundle={host}", "--record", "--plan")
    again = packcheck(folder / "again", f"--bundle={first.folder / 'recording' / cluster.name}")
    return first, again


def test_the_secrets_are_where_the_readers_look(runs: tuple[Done, Done]) -> None:
    first, again = runs
    outcomes = {result["scenario"]: result["outcome"] for result in first.run["results"]}
    assert outcomes["packs/namespace-labels"] == outcomes["packs/calico-ipv6-kernel"] == "failed"
    told = "\n".join(text for where, text in texts(first) if where.startswith("recording/"))
    for word in ("DB_PASSWORD", "adminPassword", "last-applied-configuration", "palette-agent-config", "disable_ipv6"):
        assert word in told
    assert "REDACTED" in told
    assert {result["outcome"] for result in again.run["results"]} == set(outcomes.values())


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_stands_in_anything_that_a_run_leaves(runs: tuple[Done, Done], place: str) -> None:
    raw = secret(place)
    spelled = {raw, quote(raw), quote(raw, safe=""), *in_base64(raw), *in_base64(token(place)), token(place)}
    for done in runs:
        for where, text in texts(done):
            for each in spelled:
                assert each not in text, f"{place}: {each} stands in {where}"


def in_base64(text: str) -> set[str]:
    """What of a text's base64 is the same wherever in a longer text it stood."""
    return {base64.b64encode(b" " * n + text.encode())[4 if n else 0 : -4].decode() for n in range(3)}
