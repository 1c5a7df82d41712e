"""Every way in which a cluster does not answer, provoked for real, all in one run beside a cluster that does.

No one of them passes, each says what is wrong and what would help, none costs another its verdict, and what a
kubeconfig holds in secret stands nowhere.
"""

import base64
import datetime as dt
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme
import urllib3

from fixtures.plugin import TARGETS_AT_ONCE
from tests import broken
from tests.commands import ROOT, Done, clean, packcheck
from tests.fixtures.live.faulty import Does, Faulty, Handler, begin, hang, html, raw, refuse, say, server_context
from tests.rigs.controlplane import ControlPlane
from tests.rigs.controlplane.readiness import until

TOKEN = "Zt8-this-token-is-a-secret-0451"  # noqa: S105  of no server
PRINTED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJwbHVnaW4tc2VjcmV0In0.c2lnbmF0dXJl"
HALF = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n{"gitVersion": "v1'
VERSION = say({"major": "1", "minor": "30", "gitVersion": "v1.30.4"})
PAST = dt.datetime(2024, 3, 1, 12, 0, tzinfo=dt.UTC)
READ_S = 1.0
PLUGIN = f"""#!{sys.executable}
import sys
print("Unable to locate credentials, token={PRINTED}", file=sys.stderr)
sys.exit(254)
"""


class Dead(NamedTuple):
    """What a target is to say of itself: its reason, and what would help (both regular expressions)."""

    reason: str
    would_help: str


DEAD = {
    "expired": Dead(r"the certificate of 127\.0\.0\.1:\d+ expired on 2024-03-01 12:00 UTC", "kubeadm certs renew"),
    "wrong-authority": Dead(r"the certificate of .* is of another authority", "certificate-authority-data"),
    "wrong-name": Dead(r"is not for other\.example; it is for 127\.0\.0\.1, localhost", "tls-server-name"),
    "hanging": Dead(r"takes connections but answered nothing for 1 s", "--read-timeout"),
    "in-the-middle": Dead(r"began to answer and then sent nothing for 1 s", "--read-timeout"),
    "silent-below": Dead(r"takes connections but answered nothing for 1 s", "--read-timeout"),
    "cut-short": Dead(r"was cut short", "proxies and load balancers"),
    "login-page": Dead(r"answered HTML \(200\), titled 'Sign in': a proxy or login page", "leads to the API server"),
    "no-json": Dead(r"something that is no JSON", "leads to the API server"),
    "no-plugin": Dead(
        r"the exec plugin packcheck-no-such-plugin of user ann .* is not installed", "install it, please"
    ),
    "plugin-fails": Dead(r"the exec plugin .*plugin of user ann .* ended with 254: Unable to locate", "by hand"),
    "refused-token": Dead(r"does not accept the token of user ann .* \(401\)", "a fresh token for user ann"),
    "expired-client": Dead(r"the client certificate of user ann .* 2024-03-01 12:00 UTC", "renew|issued"),
    "anonymous": Dead(r"has no credentials, so that .* takes us for system:anonymous", "exec plugin"),
    "nothing-there": Dead(r"127\.0\.0\.1:\d+ refused the connection", "VPN, DNS and firewall"),
    "unknown-name": Dead(r"the name no-such-host\.invalid is not found", "VPN, DNS and firewall"),
    "throttled": Dead(r"is too busy for .* also after the retries \(429\): slow down", "fewer runs at once"),
    "unavailable": Dead(r"answered .* with 503: starting", "readyz"),
    "no-yaml": Dead(r"no-yaml\.yaml:2: it is no YAML, column", "mend no-yaml.yaml or take it out of the folder"),
    "no-kubeconfig": Dead(r"no-kubeconfig\.yaml:\d: it is no kubeconfig: it is of kind ConfigMap", "take it out"),
    "gone": Dead(r"gone\.yaml: there is no such file", "take it out of the folder"),
}


class Folder:
    """Kubeconfigs in one folder, each named as its context is."""

    def __init__(self, path: Path, authority: trustme.CA, servers: ExitStack) -> None:
        self.path = path
        self.servers: dict[str, Faulty] = {}
        self._authority = authority
        self._open = servers

    def write(self, name: str, server: str, ca: bytes, user: dict[str, Any], **cluster: str) -> Path:
        entry = {"server": server, "certificate-authority-data": base64.b64encode(ca).decode(), **cluster}
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": "c", "cluster": entry}],
            "users": [{"name": "ann", "user": user}],
            "contexts": [{"name": name, "context": {"cluster": "c", "user": "ann"}}],
        }
        file = self.path / f"{name}.yaml"
        file.write_text(json.dumps(document))
        return file

    def serve(self, name: str, *answers: Does, not_after: dt.datetime | None = None) -> Faulty:
        shown = self._authority.issue_cert("127.0.0.1", "localhost", not_before=None, not_after=not_after)
        server = self._open.enter_context(Faulty(*answers, tls=server_context(shown)))
        self.servers[name] = server
        self.write(name, server.address, self._authority.cert_pem.bytes(), {"token": TOKEN})
        return server


@pytest.fixture(scope="module")
def plane(controlplane: ControlPlane) -> Iterator[ControlPlane]:
    controlplane.reset()
    broken.nodes(controlplane, "worker-1")
    broken.metallb(controlplane)
    broken.refused(controlplane, broken.NAMESPACE)
    yield controlplane
    controlplane.reset()


@pytest.fixture(scope="module")
def folder(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """A kubeconfig for every fault, and those of the control plane itself and of a proxy that spoils one object."""
    with ExitStack() as servers:
        folder = Folder(tmp_path_factory.mktemp("kubeconfigs"), trustme.CA(), servers)
        _serve_faults(folder)
        _write_faults(folder, plane)
        admin = json.loads(plane.kubeconfig.read_text())["users"][0]["user"]["token"]
        folder.write("alive", plane.server, plane.ca.read_bytes(), {"token": admin})
        folder.serve("spoilt", through(plane, spoil))
        folder.write("spoilt", folder.servers["spoilt"].address, folder._authority.cert_pem.bytes(), {"token": admin})
        yield folder


def _serve_faults(folder: Folder) -> None:
    folder.serve("expired", VERSION, not_after=PAST)
    folder.serve("hanging", hang())
    folder.serve("in-the-middle", begin(HALF))
    folder.serve("silent-below", VERSION, hang())
    folder.serve("cut-short", raw(HALF))
    folder.serve("login-page", html())
    folder.serve("no-json", say("v1.30.4"))
    folder.serve("throttled", refuse(429, "TooManyRequests", "slow down"))
    folder.serve("unavailable", refuse(503, "ServiceUnavailable", "starting"))


def _write_faults(folder: Folder, plane: ControlPlane) -> None:
    ca, token = plane.ca.read_bytes(), {"token": TOKEN}
    folder.write("wrong-authority", plane.server, trustme.CA().cert_pem.bytes(), token)
    folder.write("wrong-name", plane.server, ca, token, **{"tls-server-name": "other.example"})
    folder.write("refused-token", plane.server, ca, token)
    folder.write("anonymous", plane.server, ca, {})
    folder.write("unknown-name", "https://no-such-host.invalid:6443", ca, token)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        folder.write("nothing-there", f"https://127.0.0.1:{taken.getsockname()[1]}", ca, token)
    pair = plane.pki.issue("ann", common_name="ann", not_before=PAST - dt.timedelta(days=1), not_after=PAST)
    files = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
    folder.write("expired-client", plane.server, ca, files)
    version = "client.authentication.k8s.io/v1"
    missing = {"command": "packcheck-no-such-plugin", "apiVersion": version, "installHint": "install it, please"}
    folder.write("no-plugin", plane.server, ca, {"exec": {**missing, "interactiveMode": "Never"}})
    script = folder.path / ".plugin"
    script.write_text(PLUGIN)
    script.chmod(0o700)
    folder.write("plugin-fails", plane.server, ca, {"exec": {"command": str(script), "apiVersion": version}})
    (folder.path / "no-yaml.yaml").write_text(f"apiVersion: v1\nusers: [token: {TOKEN}, : ]]\n")
    (folder.path / "no-kubeconfig.yaml").write_text("apiVersion: v1\nkind: ConfigMap\n")
    (folder.path / "gone.yaml").symlink_to(folder.path / "never-was")
    (folder.path / "archive").mkdir()


def through(plane: ControlPlane, alter: Callable[[str, bytes], bytes]) -> Does:
    """Hand every request on to the real API server, and alter what it answers."""
    pool = urllib3.PoolManager(ca_certs=str(plane.ca), retries=False)

    def does(handler: Handler) -> None:
        asked = {"Authorization": handler.headers["Authorization"], "Accept": "application/json"}
        answer = pool.request(handler.command, plane.server + handler.path, headers=asked, timeout=30)
        say(alter(handler.path, answer.data), answer.status)(handler)

    return does


def spoil(path: str, body: bytes) -> bytes:
    """Give one DaemonSet a null where a list belongs, and another the wrong type of a number."""
    if "/daemonsets" not in path:
        return body
    found = json.loads(body)
    speaker = found["items"][0]
    null = {**speaker, "metadata": {**speaker["metadata"], "name": "odd", "finalizers": None}}
    text = {
        **speaker,
        "metadata": {"name": "text", "namespace": "kube-system"},
        "status": {"currentNumberScheduled": "5"},
    }
    return json.dumps({**found, "items": [null, speaker, text]}).encode()


@pytest.fixture(scope="module")
def done(folder: Folder, tmp_path_factory: pytest.TempPathFactory) -> Done:
    return packcheck(
        tmp_path_factory.mktemp("runs") / "all",
        f"--kubeconfig-dir={folder.path}",
        f"--read-timeout={READ_S:g}",
        "--connect-timeout=2",
        secrets=[TOKEN, PRINTED, json.loads((folder.path / "alive.yaml").read_text())["users"][0]["user"]["token"]],
    )


def test_the_cluster_that_answers_has_its_verdict(done: Done) -> None:
    assert done.code == 1, done
    (finding,) = done.findings("alive").values()
    assert finding["subject"] == f"Namespace/{broken.NAMESPACE}"
    assert "DaemonSet/speaker is kept out" in finding["message"]
    assert done.result("alive")["undecided"] == []
    assert done.result("alive", "packs/upgrade-pod")["outcome"] == "skipped"


def test_every_target_has_its_results(done: Done) -> None:
    assert {target["id"] for target in done.run["targets"]} == {*DEAD, "alive", "spoilt"}
    outcomes = {(r["target"], r["outcome"]) for r in done.run["results"] if r["target"] in DEAD}
    assert outcomes == {(name, "error") for name in DEAD}


@pytest.mark.parametrize("name", DEAD)
def test_a_dead_target_ends_undecided_and_says_why_and_what_would_help(done: Done, name: str) -> None:
    for result in (r for r in done.run["results"] if r["target"] == name):
        reasons = "; ".join(one["reason"] for one in result["undecided"])
        helps = "; ".join(one["would_help"] or "" for one in result["undecided"])
        assert result["undecided"], result
        assert re.search(DEAD[name].reason, reasons), reasons
        assert re.search(DEAD[name].would_help, helps), helps
        assert result["findings"] == []


def test_a_plugins_words_are_shown_without_what_they_give_away(done: Done) -> None:
    (open_,) = done.result("plugin-fails")["undecided"]
    assert open_["reason"].endswith("Unable to locate credentials, token=REDACTED")


def test_the_targets_themselves_tell_what_is_wrong_with_them(done: Done) -> None:
    for name in set(DEAD) - {"anonymous", "silent-below"}:  # which tell their version to anyone
        assert re.search(DEAD[name].reason, done.target(name)["error"] or ""), done.target(name)
    assert done.target("alive")["error"] is None


def test_what_does_not_answer_is_asked_once(done: Done, folder: Folder) -> None:
    assert done.code == 1
    assert [request.path for request in folder.servers["hanging"].requests] == ["/version"]
    assert [request.path for request in folder.servers["in-the-middle"].requests] == ["/version"]
    assert folder.servers["hanging"].connections == 1
    assert folder.servers["expired"].requests == []
    assert [r.path for r in folder.servers["unavailable"].requests].count("/version") == 4, "with three retries"


def test_odd_objects_are_named_with_their_field_and_hide_no_other(done: Done) -> None:
    result = done.result("spoilt")
    (finding,) = result["findings"]
    assert finding["subject"] == f"Namespace/{broken.NAMESPACE}"
    assert "DaemonSet/speaker is kept out" in finding["message"]
    undecided = {one["subject"]: one for one in result["undecided"]}
    assert set(undecided) == {f"Namespace/{broken.NAMESPACE}", "Namespace/kube-system"}
    odd = undecided[f"Namespace/{broken.NAMESPACE}"]
    assert odd["reason"] == (
        f"DaemonSet/{broken.NAMESPACE}/odd does not fit what the API promises: "
        "Expected `array`, got `null` - at `$.metadata.finalizers`"
    )
    assert odd["would_help"] == (f"look at it: kubectl get daemonsets.apps odd --namespace={broken.NAMESPACE} -o yaml")
    assert "`$.status.currentNumberScheduled`" in undecided["Namespace/kube-system"]["reason"]


def test_a_hanging_target_costs_the_run_one_timeout(folder: Folder, tmp_path: Path) -> None:
    """Without the hanging target the same run takes about two seconds; with it one timeout more, not one a read."""
    began = time.monotonic()
    done = packcheck(
        tmp_path / "run", f"--kubeconfig={folder.path / 'hanging.yaml'}", "--read-timeout=4", secrets=[TOKEN]
    )
    took = time.monotonic() - began
    assert done.code == 6, done
    started, finished = (dt.datetime.fromisoformat(done.run[name]) for name in ("started", "finished"))
    assert 4 <= (finished - started).total_seconds() < 8, took
    assert {result["outcome"] for result in done.run["results"]} == {"error"}
    assert "exit code 6: something is undecided" in done.said
    assert "hanging: cluster, as ann" in done.said
    assert "could not be read: 127.0.0.1:" in done.said


def test_an_interrupted_run_asks_no_other_target(folder: Folder, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    text = (folder.path / "hanging.yaml").read_text()
    for number in range(2 * TARGETS_AT_ONCE):
        (many / f"{number:02}.yaml").write_text(text)
    before = len(folder.servers["hanging"].requests)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--run-dir={tmp_path / 'run'}"]
    process = subprocess.Popen(
        [*command, f"--kubeconfig-dir={many}", "--read-timeout=3", "checks/"],
        cwd=ROOT,
        env=clean(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until(lambda: len(folder.servers["hanging"].requests) > before, "a target is asked")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 2, said
    assert len(folder.servers["hanging"].requests) - before <= TARGETS_AT_ONCE
    assert json.loads((tmp_path / "run" / "run.json").read_text())["exit_code"] == 2
