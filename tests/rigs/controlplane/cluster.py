"""A running control plane as tests use it."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.rigs.controlplane import audit, baseline, kubeconfig, state
from tests.rigs.controlplane.api import Api
from tests.rigs.controlplane.errors import RigError
from tests.rigs.controlplane.etcd import Etcd
from tests.rigs.controlplane.pki import KeyPair, Pki
from tests.rigs.controlplane.readiness import until

TOKEN_SECONDS = 3600


class ControlPlane:
    """The control plane that runs in `folder`.

    Who asks is kept apart in the audit log: ``admin`` is the kubeconfig's user and so what is under test, ``rig`` is
    this class, its `kubectl` too. Both are in the group system:masters.
    """

    def __init__(self, folder: Path, current: state.State) -> None:
        self.folder = folder
        self.kubeconfig = folder / "kubeconfig"
        self.server = current.server
        self.version = current.version
        self.origin = current.origin
        self.admission = current.admission
        self.pids: Mapping[str, int] = current.servers
        self.programs = {name: Path(path) for name, path in current.programs.items()}
        self.pki = Pki(folder / "pki")
        self.ca = self.pki.ca
        self.api = Api(self.server, self.ca, self._pair("rig"))
        self.etcd = Etcd(Api(current.etcd, self.ca, self._pair("etcd-client")))

    @classmethod
    def attach(cls, folder: Path) -> Self:
        """Return the control plane that runs in `folder`; RigError where none does."""
        current = state.read(folder)
        if current is None:
            raise RigError(f"no control plane runs in {folder}")
        return cls(folder, current)

    def kubectl(
        self,
        *arguments: str,
        input: str | None = None,  # noqa: A002 - as subprocess.run names it
        check: bool = True,
        config: Path | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as ``rig`` (with `config` as its user) and return its output as text.

        Raises CalledProcessError, with what kubectl said as a note, unless `check` is false.
        """
        command = [*self.kubectl_command(config or self.pki.folder / "rig.kubeconfig"), *arguments]
        done = subprocess.run(
            command, input=input or "", capture_output=True, text=True, check=False, env=self.kubectl_environment()
        )
        if check and done.returncode:
            error = subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
            error.add_note(done.stderr)
            raise error
        return done

    def kubectl_command(self, config: Path) -> list[str]:
        """Return the start of a kubectl command line that keeps its cache in the rig's folder."""
        cache = self.folder / "kubectl-cache"
        return [str(self.programs["kubectl"]), f"--kubeconfig={config}", f"--cache-dir={cache}"]

    def kubectl_environment(self) -> dict[str, str]:
        """Return the environment for kubectl: a person's own preferences (kuberc) do not reach it."""
        return {**os.environ, "KUBERC": "off"}

    def audit_mark(self) -> int:
        """Return a position for `audit`: what is asked from now on."""
        return audit.size(self.folder / "audit.log")

    def audit(self, since: int = 0, user: str | None = None) -> list[audit.AuditEvent]:
        """Return the requests answered since a mark, in the log's order; those of one `user` if named."""
        events = audit.events(self.folder / "audit.log", since)
        return [event for event in events if user in (None, event.user.username)]

    def namespace(self, name: str, labels: Mapping[str, str] | None = None) -> str:
        """Create a Namespace, wait until Pods can be created in it, and return its name."""
        body = {"metadata": {"name": name, "labels": dict(labels or {})}}
        self.api.post("/api/v1/namespaces", body)
        self.wait_service_account(name)
        return name

    def wait_service_account(self, namespace: str, name: str = "default") -> None:
        """Wait until the ServiceAccount exists: no Pod can be created in a Namespace before its `default` does."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}"
        until(lambda: self.api.exists(path), f"ServiceAccount {namespace}/{name}")

    def node(self, name: str, *, labels: Mapping[str, str] | None = None, **status: Any) -> dict[str, Any]:
        """Create a Node, wait until kwok has made it Ready, and return it.

        `status` holds fields of NodeStatus by their names, such as ``nodeInfo={"kernelVersion": "5.15.0-88-generic"}``;
        kwok fills in what is not given.
        """
        path = f"/api/v1/nodes/{name}"
        body = {"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}}}
        self.api.post("/api/v1/nodes", {**body, "status": status})

        def ready() -> dict[str, Any] | None:
            node: dict[str, Any] = self.api.get(path)
            conditions = {each["type"]: each["status"] for each in node["status"].get("conditions", [])}
            tainted = {taint["key"] for taint in node["spec"].get("taints", [])}
            untainted = "node.kubernetes.io/not-ready" not in tainted
            return node if conditions.get("Ready") == "True" and untainted else None

        return until(ready, f"Node {name} is Ready")

    def token(self, namespace: str, name: str, seconds: int = TOKEN_SECONDS) -> str:
        """Return a token of the ServiceAccount, as `kubectl create token` gives it."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
        answer = self.api.post(path, {**request, "spec": {"expirationSeconds": seconds}})
        return str(answer["status"]["token"])

    def token_kubeconfig(self, name: str, token: str = "", *, service_account: str = "") -> Path:
        """Write a kubeconfig whose user `name` has this `token`, or one of the ServiceAccount ``namespace/name``."""
        namespace, _, account = service_account.partition("/")
        bearer = token or self.token(namespace, account)
        return kubeconfig.with_token(self.folder / f"{name}.kubeconfig", self.server, self.ca, name, bearer)

    def certificate_kubeconfig(self, name: str, pair: KeyPair | None = None, *, group: str = "") -> Path:
        """Write a kubeconfig for the user `name` in `group`, with a new client certificate or with that of `pair`."""
        shown = pair or self.pki.issue(name, common_name=name, organization=group)
        return kubeconfig.with_certificate(self.folder / f"{name}.kubeconfig", self.server, self.ca, name, shown)

    def reset(self) -> None:
        """Bring every object back to what it was just after the start; the audit log and the servers go on."""
        baseline.restore(self.etcd, self.folder)
        shutil.rmtree(self.folder / "kubectl-cache", ignore_errors=True)

    def _pair(self, name: str) -> KeyPair:
        return KeyPair(self.pki.folder / f"{name}.crt", self.pki.folder / f"{name}.key")
