"""Secrets as Helm stores its releases in: base64 of base64 of gzipped JSON."""

import base64
import gzip
import json
from typing import Any

HELD = "a-credential-in-the-values"
"""What stands in every release made here, and must be told nowhere."""


def secret(
    values: dict[str, Any] | None = None,
    *,
    chart: str = "cilium",
    version: str = "1.17.4",
    defaults: dict[str, Any] | None = None,
    release: str = "cilium-cilium",
    revision: int = 1,
    status: str = "deployed",
    zipped: bool = True,
) -> dict[str, Any]:
    """The Secret of a release, as the API gives it."""
    held = {
        "name": release,
        "chart": {"metadata": {"name": chart, "version": version}, "values": defaults or {}, "templates": []},
        "config": (values or {}) | {"clustermesh": {"password": HELD}},
    }
    packed = json.dumps(held).encode()
    inner = base64.b64encode(gzip.compress(packed) if zipped else packed)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "helm.sh/release.v1",
        "metadata": {
            "name": f"sh.helm.release.v1.{release}.v{revision}",
            "namespace": "kube-system",
            "labels": {"owner": "helm", "status": status, "name": release, "version": str(revision)},
        },
        "data": {"release": base64.b64encode(inner).decode()},
    }
