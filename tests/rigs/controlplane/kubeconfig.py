"""Kubeconfigs for the rig's users: whole in themselves, so that they can be copied; only their owner can read them.

https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ (kubectl reads JSON as it reads YAML)
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from tests.rigs.controlplane.pki import KeyPair

CONTEXT = "rig"


def with_token(path: Path, server: str, ca: Path, user: str, token: str) -> Path:
    """Write a kubeconfig whose `user` shows a bearer token."""
    return _write(path, server, ca, user, {"token": token})


def with_certificate(path: Path, server: str, ca: Path, user: str, pair: KeyPair) -> Path:
    """Write a kubeconfig whose `user` shows a client certificate."""
    credentials = {"client-certificate-data": _data(pair.certificate), "client-key-data": _data(pair.key)}
    return _write(path, server, ca, user, credentials)


def _write(path: Path, server: str, ca: Path, user: str, credentials: Mapping[str, str]) -> Path:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXT,
        "clusters": [{"name": CONTEXT, "cluster": {"server": server, "certificate-authority-data": _data(ca)}}],
        "users": [{"name": user, "user": credentials}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": user}}],
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


def _data(path: Path) -> str:
    return b64encode(path.read_bytes()).decode()
