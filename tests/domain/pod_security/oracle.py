"""The real API server, asked what it says of a pod in a namespace of a level and version; nothing is left behind."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import urllib3
import yaml

from domain.pod_security import LABEL_PREFIX, Level, PolicyVersion

CONNECTIONS: Final = 8
SECONDS: Final = 60.0
OK, CREATED, FORBIDDEN, CONFLICT = 200, 201, 403, 409
STRATEGIC_MERGE: Final = "application/strategic-merge-patch+json"


class Answer(NamedTuple):
    """An HTTP status and what the server said: a Status' message, or nothing where it admitted the object."""

    status: int
    message: str

    @property
    def admitted(self) -> bool:
        """Whether the object would exist, or does."""
        return self.status in {OK, CREATED}


class Oracle:
    """Connections that stay open to one API server, as the user of a kubeconfig; usable from several threads."""

    def __init__(self, kubeconfig: Path, scratch: Path) -> None:
        """Read a kubeconfig; certificates that it carries are unpacked into `scratch`."""
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._server: str = cluster["server"]
        self._headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
        self._pool = urllib3.PoolManager(
            ca_certs=_file(cluster, "certificate-authority", scratch),
            cert_file=_file(user, "client-certificate", scratch),
            key_file=_file(user, "client-key", scratch),
            maxsize=CONNECTIONS,
            block=True,
            retries=False,
            timeout=SECONDS,
        )
        self._namespaces: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in self._namespaces:
            self._send("DELETE", f"/api/v1/namespaces/{name}")
        self._pool.clear()

    @property
    def version(self) -> PolicyVersion:
        """The version that the server reports."""
        answer = self._pool.request("GET", f"{self._server}/version", headers=self._headers)
        return PolicyVersion.of_server(answer.json()["gitVersion"])

    def namespace(self, name: str, labels: Mapping[str, str]) -> None:
        """Make a namespace that pods can be created in: the controller's `default` ServiceAccount is not waited for."""
        made = self._send("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": dict(labels)}})
        assert made.admitted, made.message
        self._namespaces.append(name)
        account = self._send("POST", f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}})
        assert account.admitted or account.status == CONFLICT, account.message

    def label(self, name: str, labels: Mapping[str, str]) -> None:
        """Set labels of a namespace."""
        answer = self._send("PATCH", f"/api/v1/namespaces/{name}", {"metadata": {"labels": dict(labels)}})
        assert answer.admitted, answer.message

    def rehearse_namespace(self, name: str, labels: Mapping[str, str]) -> Answer:
        """Ask for a namespace that is not made."""
        return self._send("POST", "/api/v1/namespaces?dryRun=All", {"metadata": {"name": name, "labels": dict(labels)}})

    def create(self, namespace: str, pod: Mapping[str, Any], *, rehearse: bool = True) -> Answer:
        """Ask for a pod; without `rehearse` it is made."""
        return self._send("POST", f"/api/v1/namespaces/{namespace}/pods{'?dryRun=All' if rehearse else ''}", pod)

    def get(self, namespace: str, name: str) -> dict[str, Any]:
        """Read a pod."""
        path = f"/api/v1/namespaces/{namespace}/pods/{name}"
        pod: dict[str, Any] = self._pool.request("GET", self._server + path, headers=self._headers).json()
        return pod

    def create_workload(
        self, namespace: str, group_version: str, kind: str, name: str, spec: Mapping[str, Any]
    ) -> None:
        """Make a controller of pods."""
        path = f"/apis/{group_version}/namespaces/{namespace}/{kind.lower()}s"
        made = self._send("POST", path, {"kind": kind, "metadata": {"name": name}, "spec": spec})
        assert made.admitted, made.message

    def events(self, namespace: str) -> Iterator[dict[str, Any]]:
        """Yield the namespace's events, those that come too, for a minute at most."""
        path = f"/api/v1/namespaces/{namespace}/events?watch=true&timeoutSeconds={SECONDS:.0f}"
        answer = self._pool.request("GET", self._server + path, headers=self._headers, preload_content=False)
        try:
            for line in answer:
                yield json.loads(line)["object"]
        finally:
            answer.close()

    def rehearse_ephemeral(self, namespace: str, pod: str, containers: list[dict[str, Any]]) -> Answer:
        """Ask for ephemeral containers in a pod that exists."""
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/ephemeralcontainers?dryRun=All"
        return self._send("PATCH", path, {"spec": {"ephemeralContainers": containers}})

    def _send(self, method: str, path: str, body: Any = None) -> Answer:
        kind = STRATEGIC_MERGE if method == "PATCH" else "application/json"
        answer = self._pool.request(
            method,
            self._server + path,
            body=None if body is None else json.dumps(body),
            headers={**self._headers, "Content-Type": kind},
        )
        message = "" if answer.status in {OK, CREATED} else answer.json()["message"]
        return Answer(answer.status, message)


def _file(config: Mapping[str, str], key: str, scratch: Path) -> str | None:
    """The path that a kubeconfig names, or of what it carries itself."""
    carried = config.get(f"{key}-data")
    if carried is None:
        return config.get(key)
    path = scratch / key
    path.touch(mode=0o600)
    path.write_bytes(b64decode(carried))
    return str(path)


def enforcing(level: Level, version: PolicyVersion) -> dict[str, str]:
    """The labels that make a namespace enforce a level at a version."""
    return {f"{LABEL_PREFIX}enforce": str(level), f"{LABEL_PREFIX}enforce-version": str(version)}
