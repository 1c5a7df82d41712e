"""The rig's own certificates: one CA that signs the servers' and the clients', and any other that a test needs."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import trustme

LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key, both PEM files."""

    certificate: Path
    key: Path


class Pki:
    """The folder with the CA (``ca.crt``, ``ca.key``) and what it signed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca.crt"
        self.ca_key = folder / "ca.key"

    @classmethod
    def create(cls, folder: Path) -> "Pki":
        """Make a new CA in `folder`."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pki = cls(folder)
        authority = trustme.CA(organization_name="packcheck", organization_unit_name="control plane rig")
        authority.cert_pem.write_to_path(pki.ca)
        _write_secret(pki.ca_key, authority.private_key_pem.bytes())
        return pki

    def issue(
        self,
        name: str,
        *hosts: str,
        common_name: str | None = None,
        organization: str | None = None,
        not_before: dt.datetime | None = None,
        not_after: dt.datetime | None = None,
    ) -> KeyPair:
        """Sign a certificate into ``<name>.crt`` and ``<name>.key``, good for serving on `hosts` and as a client.

        To the API server `common_name` is the user and `organization` the group; a `not_after` that is past makes an
        expired one.
        """
        authority = trustme.CA.from_pem(self.ca.read_bytes(), self.ca_key.read_bytes())
        leaf = authority.issue_cert(
            *(hosts or ("localhost",)),
            common_name=common_name or name,
            organization_name=organization or "packcheck",
            not_before=not_before,
            not_after=not_after,
        )
        pair = KeyPair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        pair.certificate.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
        _write_secret(pair.key, leaf.private_key_pem.bytes())
        return pair


def _write_secret(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
