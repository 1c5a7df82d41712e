"""Which hosts this machine can have, said aloud; and that none of them outlives those that they are for."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rigs.controlplane.readiness import until
from tests.rigs.hosts import Host, UnavailableError, debian
from tests.rigs.hosts.lifecycle import REPOSITORY
from tests.rigs.hosts.plugin import StartHosts


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def traces(network: str) -> list[str]:
    """What the machine has of a rig: its route, its link, the mounts of its hosts."""
    routes = subprocess.run(["ip", "route"], capture_output=True, text=True, check=True).stdout.splitlines()
    found = [line for line in routes if network.rpartition(".")[0] in line]
    return found + [line for line in Path("/proc/mounts").read_text().splitlines() if "/machines" in line]


# --- for as long as its owner ---------------------------------------------------------------------------------------

LONG_TEST = """
import json, os, pathlib, threading

def test_they_are_still_running(hosts):
    rig = hosts(2)
    pids = [os.getpid(), rig.supervisor, *(host.state.pid for host in rig)]
    partial = pathlib.Path("running.partial")
    partial.write_text(json.dumps([rig.state.network, pids]))
    partial.rename("running.json")
    threading.Event().wait(60)
"""


@pytest.mark.usefixtures("full_hosts_tier")
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_nothing_outlives_pytest_whatever_ends_it(tmp_path: Path, ending: signal.Signals) -> None:
    (tmp_path / "test_inner.py").write_text(LONG_TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    plugins = ["-p", "no:cacheprovider", "-p", "tests.rigs.hosts.plugin", "--basetemp", str(tmp_path / "tmp")]
    inner = subprocess.Popen(
        [sys.executable, "-m", "pytest", *plugins, "test_inner.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    running = tmp_path / "running.json"
    until(running.exists, "the inner test runs", seconds=60)
    network, (owner, *pids) = json.loads(running.read_text())
    assert all(map(alive, pids))
    assert traces(network)
    os.kill(owner, ending)
    until(lambda: not any(map(alive, pids)), f"the hosts ended after {ending.name}", seconds=15)
    until(lambda: traces(network) == [], "their network is gone", seconds=10)
    inner.communicate(timeout=30)


def test_nothing_outlives_the_supervisor(hosts: StartHosts) -> None:
    rig = hosts(2)
    network, pids = rig.state.network, [host.state.pid for host in rig]
    os.kill(rig.supervisor, signal.SIGKILL)
    until(lambda: not any(map(alive, pids)), "the hosts ended", seconds=10)
    until(lambda: traces(network) == [], "their network is gone", seconds=10)


# --- where the full tier cannot be had --------------------------------------------------------------------------------

NEEDS = """
def test_needs_a_host(any_host):
    before = any_host.mark()
    done = any_host.run("id -u; uname -r")
    import os
    assert done.stdout.split() == [str(os.getuid()), os.uname().release]
    assert [command.text for command in any_host.commands(before)] == ["id -u; uname -r"]
    assert [connection.user for connection in any_host.connections(before)] == ["rigger"]

def test_needs_the_full_tier(hosts):
    assert False, "must not run"
"""
UNPRIVILEGED = 'mount --bind "$0" /etc/passwd && exec unshare --user --map-user=1234 --map-group=1234 "$@"'


def run_unprivileged(folder: Path, test: str, **environment: str) -> str:
    """Run pytest on `test` with the hosts' plugin as the user 1234, `rigger`, and return what it writes."""
    (folder / "test_inner.py").write_text(test)
    (folder / "pytest.ini").write_text("[pytest]\n")
    passwd = folder / "passwd"
    passwd.write_text(f"root:x:0:0:root:/root:/bin/sh\nrigger:x:1234:1234::{folder}:/bin/sh\n")
    become = ["unshare", "--mount", "sh", "-c", UNPRIVILEGED, str(passwd)]
    plugins = ["-p", "no:cacheprovider", "-p", "tests.rigs.hosts.plugin", "--basetemp", str(folder / "tmp")]
    done = subprocess.run(
        [*become, sys.executable, "-m", "pytest", "-rs", *plugins, "test_inner.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "CI": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.usefixtures("full_hosts_tier")  # which it takes to become another user here
def test_without_root_one_unprivileged_sshd_stands_in_and_the_summary_says_so(tmp_path: Path) -> None:
    said = run_unprivileged(tmp_path, NEEDS)
    assert "1 passed, 1 skipped" in said
    assert "full tier of hosts not run: it needs root, and this is uid 1234" in said
    line = (
        "hosts tier: ran UNPRIVILEGED: one sshd as this user, on this machine's own kernel; not in full: it needs root"
    )
    assert line in said


@pytest.mark.usefixtures("full_hosts_tier")
def test_with_ci_the_full_tier_must_run(tmp_path: Path) -> None:
    said = run_unprivileged(tmp_path, NEEDS, CI="true")
    assert "2 errors" in said
    assert "full tier of hosts not run: it needs root, and this is uid 1234" in said


def test_the_session_s_host_answers_whatever_the_tier(any_host: Host) -> None:
    assert any_host.run("cat /proc/sys/kernel/random/boot_id").stdout.strip() == any_host.boot_id
    assert any_host.run("uname -r").stdout.strip() == any_host.kernel


# --- what the machine must have -------------------------------------------------------------------------------------


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with no program in it but those that the test writes."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(debian, "environment", lambda: {"PATH": str(folder)})
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv(debian.MIRROR, raising=False)
    return folder


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_mirror_is_the_one_that_apt_has_debian_s_main_packages_from(programs: Path) -> None:
    targets = (
        "echo 'Other|Other|main|http://other.invalid/'; "
        "echo 'Debian|Debian-Security|main|http://security.invalid/debian-security/'; "
        "echo 'Debian|Debian|main|http://mirror.invalid/debian/'"
    )
    write_program(programs / "apt-get", targets)
    assert debian.mirror() == "http://mirror.invalid/debian/"


def test_without_a_mirror_the_reason_names_the_variable_that_can_name_one(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnavailableError, match="no apt here that would know a mirror of Debian"):
        debian.mirror()
    write_program(programs / "apt-get", "echo 'Ubuntu|Ubuntu|main|http://mirror.invalid/ubuntu/'")
    with pytest.raises(UnavailableError, match=r"no mirror of Debian's main packages \(PACKCHECK_DEBIAN_MIRROR"):
        debian.mirror()
    monkeypatch.setenv(debian.MIRROR, "http://named.invalid/debian")
    assert debian.mirror() == "http://named.invalid/debian"


def test_what_is_missing_is_installed_with_apt_or_named(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(UnavailableError, match="debootstrap missing; in Debian: debootstrap"):
        debian.install({"debootstrap": "debootstrap"}, said.append)
    write_program(
        programs / "apt-get", f'[ "$1" = update ] && exit; echo "$@" >>{programs}/calls; echo no such >&2; exit 1'
    )
    with pytest.raises(UnavailableError, match="no such"):
        debian.install({"debootstrap": "debootstrap"}, said.append)
    assert "install --yes --quiet --no-install-recommends debootstrap" in (programs / "calls").read_text()
    assert said == ["debootstrap missing: installing debootstrap with apt-get"]
    made = f'[ "$1" = update ] || {{ : >{programs}/debootstrap && /bin/chmod 755 {programs}/debootstrap; }}'
    write_program(programs / "apt-get", made)
    debian.install({"debootstrap": "debootstrap"}, said.append)
    assert debian.missing(["debootstrap"]) == []
