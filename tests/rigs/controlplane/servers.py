"""The servers' files and command lines: loopback only, certificates of the rig's own, RBAC, Pod Security, audit.

Every path is relative to the rig's folder, in which the servers run: so a space or a comma in its name harms none.
"""

import json
import random
import secrets
import shutil
import socket
from dataclasses import dataclass, fields
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.rigs.controlplane import audit, kubeconfig
from tests.rigs.controlplane.binaries import RECIPE
from tests.rigs.controlplane.pki import Pki

PORTS = range(20000, 32000)  # below those that Linux gives to outgoing connections, so none of them takes one meanwhile
SERVICE_ADDRESSES = "10.96.0.0/16"
API_SERVER_HOSTS = ("127.0.0.1", "localhost", "10.96.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
TLS = ["--tls-cert-file=pki/serving.crt", "--tls-private-key-file=pki/serving.key"]
ADMIN_GROUP = "system:masters"
LEFT_FROM_BEFORE = ("etcd", "pki", "audit.log", "baseline.json", "state.json")


@dataclass(frozen=True)
class Ports:
    """The loopback ports of one rig."""

    etcd: int
    etcd_peer: int
    apiserver: int
    controllers: int
    scheduler: int


def free_ports() -> Ports:
    """Return ports on which nobody listens just now."""
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == len(fields(Ports)):
            break
    return Ports(*found)


def lay_out(folder: Path, ports: Ports) -> None:
    """Write what the servers read into `folder`, anew."""
    for name in LEFT_FROM_BEFORE:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    pki = Pki.create(folder / "pki")
    pki.issue("serving", *API_SERVER_HOSTS, common_name="kube-apiserver")
    pki.issue("etcd-client")
    server = f"https://127.0.0.1:{ports.apiserver}"
    for user, group in (
        ("system:kube-controller-manager", ""),
        ("system:kube-scheduler", ""),
        ("kwok", ADMIN_GROUP),
        ("rig", ADMIN_GROUP),
    ):
        name = user.removeprefix("system:")
        pair = pki.issue(name, common_name=user, organization=group)
        kubeconfig.with_certificate(pki.folder / f"{name}.kubeconfig", server, pki.ca, user, pair)
    _service_account_key(pki.folder / "service-accounts.key")
    token = secrets.token_hex(16)
    tokens = pki.folder / "tokens.csv"
    tokens.touch(mode=0o600)
    tokens.write_text(f'{token},admin,admin,"{ADMIN_GROUP}"\n')
    kubeconfig.with_token(folder / "kubeconfig", server, pki.ca, "admin", token)
    (folder / "audit-policy.json").write_text(json.dumps(audit.POLICY))
    shutil.copyfile(RECIPE / "stages.yaml", folder / "stages.yaml")


def _service_account_key(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )


def arguments(ports: Ports, admission: Path | None) -> dict[str, list[str]]:
    """Return the arguments of each server, in the order in which they start; `admission` is an AdmissionConfiguration.

    That one stays where it is, for it may name other files beside it.
    """
    etcd, peer = f"https://127.0.0.1:{ports.etcd}", f"https://127.0.0.1:{ports.etcd_peer}"
    own = ["--leader-elect=false", "--bind-address=127.0.0.1", *TLS]
    return {
        "etcd": [
            "--data-dir=etcd",
            "--unsafe-no-fsync",
            "--quota-backend-bytes=8000000000",
            f"--listen-client-urls={etcd}",
            f"--advertise-client-urls={etcd}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            *_etcd_tls(""),
            *_etcd_tls("peer-"),
        ],
        "kube-apiserver": [
            f"--etcd-servers={etcd}",
            "--etcd-cafile=pki/ca.crt",
            "--etcd-certfile=pki/etcd-client.crt",
            "--etcd-keyfile=pki/etcd-client.key",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={ports.apiserver}",
            *TLS,
            "--client-ca-file=pki/ca.crt",
            "--token-auth-file=pki/tokens.csv",
            "--authorization-mode=Node,RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-key-file=pki/service-accounts.key",
            "--service-account-signing-key-file=pki/service-accounts.key",
            f"--service-cluster-ip-range={SERVICE_ADDRESSES}",
            "--endpoint-reconciler-type=none",
            "--allow-privileged=true",
            *([f"--admission-control-config-file={admission.absolute()}"] if admission else []),
            "--audit-policy-file=audit-policy.json",
            "--audit-log-path=audit.log",
            "--audit-log-maxsize=100000",
        ],
        "kube-controller-manager": [
            "--kubeconfig=pki/kube-controller-manager.kubeconfig",
            "--authentication-kubeconfig=pki/kube-controller-manager.kubeconfig",
            "--authorization-kubeconfig=pki/kube-controller-manager.kubeconfig",
            *own,
            f"--secure-port={ports.controllers}",
            "--use-service-account-credentials=true",
            "--service-account-private-key-file=pki/service-accounts.key",
            "--root-ca-file=pki/ca.crt",
            "--cluster-signing-cert-file=pki/ca.crt",
            "--cluster-signing-key-file=pki/ca.key",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
        ],
        "kube-scheduler": [
            "--kubeconfig=pki/kube-scheduler.kubeconfig",
            "--authentication-kubeconfig=pki/kube-scheduler.kubeconfig",
            "--authorization-kubeconfig=pki/kube-scheduler.kubeconfig",
            *own,
            f"--secure-port={ports.scheduler}",
        ],
        "kwok": [
            "--config=stages.yaml",
            "--kubeconfig=pki/kwok.kubeconfig",
            "--manage-all-nodes",
            "--node-lease-duration-seconds=40",
        ],
    }


def _etcd_tls(which: str) -> list[str]:
    return [
        f"--{which}cert-file=pki/serving.crt",
        f"--{which}key-file=pki/serving.key",
        f"--{which}trusted-ca-file=pki/ca.crt",
        f"--{which}client-cert-auth",
    ]
