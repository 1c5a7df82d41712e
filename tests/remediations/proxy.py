"""A TLS proxy on the loopback between a run and the API server, which does to requests what networks and servers do.

It is trusted by the rig's own authority, passes everything on as it comes, and harms what a test tells it to.
"""

import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.rigs.controlplane import ControlPlane

HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}
CHUNK = 1 << 16


class Handler(BaseHTTPRequestHandler):
    """One connection of a run."""

    protocol_version = "HTTP/1.1"
    server: "Proxy"

    def handle_one(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        harm = self.server.harm_for(f"{self.command} {self.path} ")
        (harm or pass_on)(self, body)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_one  # noqa: N815  http.server's names

    def log_message(self, *_: object) -> None:
        """What was asked stands in the API server's audit log."""


Harm = Callable[[Handler, bytes], None]


class Proxy(ThreadingHTTPServer):
    """Listens on a free port; `harms` are tried in order, each for as many requests as it has left."""

    daemon_threads = True

    def __init__(self, plane: ControlPlane) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        pair = plane.pki.issue("proxy", "127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.certificate, pair.key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.upstream = urlsplit(plane.server)
        self.trust = ssl.create_default_context(cafile=str(plane.ca))
        self._lock = threading.Lock()
        self._harms: list[tuple[str, int, Harm]] = []
        self.harmed: list[str] = []
        """What was harmed, in order: method and path."""

    def harm(self, request: str, harm: Harm, times: int = 1) -> None:
        """Do this to the next so many requests that begin so: `PATCH /api/v1/namespaces/x`, with a space all of it."""
        with self._lock:
            self._harms.append((request, times, harm))

    def harm_for(self, request: str) -> Harm | None:
        with self._lock:
            for index, (wanted, times, harm) in enumerate(self._harms):
                if request.startswith(wanted) and times:
                    self._harms[index] = (wanted, times - 1, harm)
                    self.harmed.append(request)
                    return harm
        return None

    def handle_error(self, request: object, client_address: object) -> None:
        """A run that ends or is killed leaves its connections in the middle."""

    def kubeconfig(self, plane: ControlPlane) -> Path:
        """The rig's kubeconfig, with this address."""
        content = plane.kubeconfig.read_text().replace(plane.server, f"https://127.0.0.1:{self.server_address[1]}")
        path = plane.folder / "proxied.kubeconfig"
        path.write_text(content)
        path.chmod(0o600)
        return path


def _ask(handler: Handler, body: bytes) -> http.client.HTTPResponse:
    up = handler.server.upstream
    connection = http.client.HTTPSConnection(up.hostname or "", up.port, context=handler.server.trust, timeout=60)
    headers = {name: value for name, value in handler.headers.items() if name.lower() not in {*HOP_BY_HOP, "host"}}
    connection.request(handler.command, handler.path, body or None, headers)
    return connection.getresponse()


def _say(handler: Handler, status: int, body: bytes, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        if name.lower() not in HOP_BY_HOP:
            handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def pass_on(handler: Handler, body: bytes) -> None:
    """Do no harm; a watch's lines go on as they come."""
    answer = _ask(handler, body)
    if "watch=1" not in handler.path:
        _say(handler, answer.status, answer.read(), dict(answer.getheaders()))
        return
    handler.close_connection = True
    handler.send_response(answer.status)
    handler.send_header("Content-Type", answer.getheader("Content-Type", ""))
    handler.send_header("Connection", "close")
    handler.end_headers()
    while part := answer.read1(CHUNK):
        handler.wfile.write(part)
        handler.wfile.flush()


def cut_after(handler: Handler, body: bytes) -> None:
    """Have it done, and cut the connection before anyone hears of it."""
    _ask(handler, body).read()
    handler.close_connection = True


def cut_before(handler: Handler, _body: bytes) -> None:
    """Cut the connection, with nothing done."""
    handler.close_connection = True


def fails(status: int, message: str, *, done: bool = False, **headers: str) -> Harm:
    """Answer with a failure; with `done` it is done all the same."""

    def harm(handler: Handler, body: bytes) -> None:
        if done:
            _ask(handler, body).read()
        said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": status}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        _say(handler, status, json.dumps(said).encode(), {"Content-Type": "application/json", **named})

    return harm


def watch_says(*events: dict[str, object]) -> Harm:
    """Answer a watch with these events and its end."""

    def harm(handler: Handler, _body: bytes) -> None:
        lines = b"".join(json.dumps(event).encode() + b"\n" for event in events)
        _say(handler, 200, lines, {"Content-Type": "application/json"})

    return harm


EXPIRED: dict[str, object] = {
    "type": "ERROR",
    "object": {"kind": "Status", "status": "Failure", "code": 410, "reason": "Expired", "message": "too old"},
}


@contextmanager
def in_front_of(plane: ControlPlane) -> Iterator[Proxy]:
    """A proxy in front of a control plane, for as long as this lasts."""
    proxy = Proxy(plane)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
