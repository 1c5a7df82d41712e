"""JSON over mutual TLS, which is how the rig itself speaks to its servers."""

import json
from pathlib import Path
from typing import Any

import urllib3

from tests.rigs.controlplane.errors import ApiError
from tests.rigs.controlplane.pki import KeyPair

SECONDS = 30.0
NOT_FOUND = 404


class Api:
    """One of the servers: the API server, etcd's HTTP gateway, a controller's health."""

    def __init__(self, server: str, ca: Path, client: KeyPair) -> None:
        self.server = server
        self._pool = urllib3.PoolManager(
            ca_certs=str(ca), cert_file=str(client.certificate), key_file=str(client.key), retries=False
        )

    def text(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> str:
        """Return the answer's text; ApiError with the status, 0 where nobody answered."""
        try:
            answer = self._pool.request(
                method,
                self.server + path,
                body=None if body is None else json.dumps(body),
                headers={"Content-Type": content_type, "User-Agent": "packcheck-rig"},
                timeout=SECONDS,
            )
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(0, str(error)) from error
        text = answer.data.decode(errors="replace")
        if answer.status >= 400:
            raise ApiError(answer.status, text)
        return text

    def get(self, path: str) -> Any:
        """Return the object or list at `path`."""
        return json.loads(self.text("GET", path))

    def post(self, path: str, body: Any) -> Any:
        """Create `body` under `path` and return what the server made of it."""
        return json.loads(self.text("POST", path, body))

    def exists(self, path: str) -> bool:
        """Tell whether there is an object at `path`."""
        try:
            self.text("GET", path)
        except ApiError as error:
            if error.status == NOT_FOUND:
                return False
            raise
        return True

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.clear()
