"""Everything that can be wrong with a host, provoked for real: what ssh and the host themselves say of it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rigs.hosts import HostRig, HostSpec, RigError
from tests.rigs.hosts.lifecycle import Tier
from tests.rigs.hosts.plugin import StartHosts
from tests.rigs.hosts.provision import BANNER

ODD = (
    HostSpec(name="unresolvable", fault="unresolvable"),
    HostSpec(name="no-route", fault="no-route"),
    HostSpec(name="refused", fault="refused"),
    HostSpec(name="times-out", fault="times-out"),
    HostSpec(name="no-banner", fault="no-banner"),
    HostSpec(name="unknown-key", fault="unknown-key"),
    HostSpec(name="changed-key", fault="changed-key"),
    HostSpec(name="login-refused", fault="login-refused"),
    HostSpec(name="sudo-password", sudo="password"),
    HostSpec(name="sudo-denied", sudo="denied"),
    HostSpec(name="sudo-missing", sudo="missing"),
    HostSpec(name="no-python", python=False),
    HostSpec(name="no-iptables", probe="absent"),
    HostSpec(name="banner", noise="banner"),
    HostSpec(name="noisy", noise="bashrc"),
    HostSpec(name="forced", forced_command="echo this account is restricted"),
    HostSpec(name="full", disk="full"),
    HostSpec(name="kairos", os="kairos"),
    HostSpec(name="debian", os="debian-12", kernels=(), running="6.1.0-27-amd64"),
)


@pytest.fixture(scope="module")
def odd(full_hosts_tier: Tier, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostRig]:
    with HostRig.start(tmp_path_factory.mktemp("odd"), *ODD, tier=full_hosts_tier) as rig:
        yield rig


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unresolvable", "Could not resolve hostname unresolvable.invalid: "),
        ("no-route", "port 22: No route to host"),
        ("refused", "port 22: Connection refused"),
        ("times-out", "port 22: Connection timed out"),
        ("no-banner", "Connection timed out during banner exchange"),
        ("unknown-key", "No ED25519 host key is known for "),
        ("changed-key", "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!"),
        ("login-refused", "Permission denied (publickey)."),
    ],
)
def test_ssh_does_not_get_in_and_says_why(odd: HostRig, name: str, words: str) -> None:
    done = odd[name].run("true", connect_seconds=5 if name == "no-route" else 1)
    assert (done.returncode, done.stdout) == (255, "")
    assert words in done.stderr


@pytest.mark.parametrize(
    ("name", "command", "code", "out", "err"),
    [
        ("sudo-password", "sudo -n true", 1, "", "sudo: a password is required\n"),
        ("sudo-denied", "sudo -n true", 1, "", "sudo: a password is required\n"),
        ("sudo-missing", "sudo -n true", 127, "", "bash: line 1: sudo: command not found\n"),
        ("no-python", "python3 -V", 127, "", "bash: line 1: python3: command not found\n"),
        ("no-iptables", "sudo -n ip6tables -L", 1, "", "sudo: ip6tables: command not found\n"),
        ("banner", "uname -r", 0, "6.8.0-57-generic\n", f"{BANNER}\n"),
        ("noisy", "uname -r", 0, f"{BANNER}\n6.8.0-57-generic\n", ""),
        ("forced", "uname -r", 0, "this account is restricted\n", ""),
        ("full", "echo x >x", 1, "", "bash: line 1: echo: write error: No space left on device\n"),
        ("kairos", "sudo -n touch /x", 1, "", "touch: cannot touch '/x': Read-only file system\n"),
        ("kairos", "command -v apt-get dpkg", 1, "", ""),
        ("debian", ". /etc/os-release; echo $ID; uname -r", 0, "debian\n6.1.0-27-amd64\n", ""),
    ],
    ids=lambda value: value if isinstance(value, str) and value in {spec.name for spec in ODD} else "",
)
def test_a_host_answers_a_command_as_it_is(
    odd: HostRig, name: str, command: str, code: int, out: str, err: str
) -> None:
    done = odd[name].run(command)
    assert (done.returncode, done.stdout, done.stderr) == (code, out, err)


def test_what_was_asked_of_a_forced_command_is_written_down(odd: HostRig) -> None:
    mark = odd["forced"].mark()
    odd["forced"].run("sudo reboot")
    (command,) = odd["forced"].commands(mark)
    assert (command.text, command.asked) == ("echo this account is restricted", "sudo reboot")


def test_on_kairos_etc_does_not_outlive_the_boot_and_oem_does(odd: HostRig) -> None:
    host = odd["kairos"]
    host.run("sudo -n touch /etc/sysctl.d/99-x.conf /oem/99-x.yaml", check=True)
    host.reboot()
    assert host.run("ls /etc/sysctl.d/99-x.conf /oem/99-x.yaml").stdout == "/oem/99-x.yaml\n"


def test_a_full_disk_is_one_host_s_own_and_survives_a_reboot(odd: HostRig) -> None:
    odd["full"].reboot()
    assert "No space left on device" in odd["full"].run("echo x >x").stderr
    assert odd["banner"].run("echo x >x").returncode == 0
    odd["full"].empty_disk()
    assert odd["full"].run("echo x >x").returncode == 0


def test_a_host_that_freezes_in_mid_command_holds_that_one_and_the_next_until_it_thaws(hosts: StartHosts) -> None:
    host = hosts(HostSpec(freeze_on="apt-get update"))["h1"]
    assert host.run("echo well").stdout == "well\n"
    with pytest.raises(subprocess.TimeoutExpired):
        host.run("sudo -n apt-get update", seconds=2)
    assert "banner exchange" in host.run("true", connect_seconds=2).stderr
    host.configure(freeze_on="")
    host.thaw()
    assert host.run("echo well again").stdout == "well again\n"


def test_a_host_is_frozen_and_its_cable_pulled_under_a_command(hosts: StartHosts) -> None:
    host = hosts(1)["h1"]
    alive = ["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=2", "-o", "ControlPath=none"]
    for stop in (host.freeze, host.power_cut):
        command = ["ssh", "-F", str(host.ssh_config), *alive, host.name, "echo begun; sleep 60"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as session:
            assert session.stdout
            assert session.stdout.readline() == "begun\n"
            stop()
            _, said = session.communicate(timeout=20)
        assert session.returncode == 255
        assert "not responding" in said
        host.thaw()
    host.boot()
    assert host.run("true").returncode == 0


def test_a_fault_comes_and_goes(hosts: StartHosts) -> None:
    host = hosts(1)["h1"]
    host.configure(fault="changed-key")
    assert "IDENTIFICATION HAS CHANGED" in host.run("true").stderr
    host.configure(fault="refused")
    assert host.run("true").returncode == 0  # sshd is there until the next boot
    host.reboot()
    assert "refused" in host.run("true").stderr
    host.configure(fault="none")
    host.power_cut()
    host.boot()
    assert host.run("true").returncode == 0


def test_a_host_can_be_reached_over_another_one(hosts: StartHosts) -> None:
    rig = hosts(2)
    command = ["ssh", "-F", str(rig.ssh_config), "-J", "h1", "h2", 'hostname; echo "$SSH_CONNECTION"']
    name, connection = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert name == "h2"
    assert connection.split()[0] == rig["h1"].address


def test_an_installation_of_a_kernel_can_be_killed_half_way(hosts: StartHosts) -> None:
    host = hosts(HostSpec(initramfs_seconds=60))["h1"]
    install = "sudo -n timeout -s KILL 3 apt-get --yes install linux-image-6.8.0-60-generic >/dev/null 2>&1"
    assert host.run(install).returncode != 0
    host.inside("sh", "-c", "pkill -KILL dpkg; pkill -KILL sleep", check=False)
    assert "linux-image-6.8.0-60-generic" in host.run("sudo -n dpkg --audit").stdout
    host.configure(initramfs_seconds=0)
    host.run("sudo -n dpkg --configure -a", check=True)
    assert host.run("sudo -n dpkg --audit").stdout == ""


# --- what cannot be asked -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("specs", "words"),
    [
        ([HostSpec(kernels=("6.8.0-9999-generic",))], "no packages of 6.8.0-9999-generic; there are "),
        ([HostSpec(name="a b")], "'a b' is no host name"),
        ([HostSpec(name="a"), HostSpec(name="a")], "two hosts are named a"),
        ([HostSpec(kernels=())], "neither kernels nor a running one"),
    ],
    ids=["kernel", "name", "twice", "nothing"],
)
def test_a_host_that_cannot_be_is_refused_before_anything_starts(
    full_hosts_tier: Tier, tmp_path: Path, specs: list[HostSpec], words: str
) -> None:
    with pytest.raises(RigError, match=words), HostRig.start(tmp_path / "rig", *specs, tier=full_hosts_tier):
        pass
    assert not (tmp_path / "rig").exists()


def test_what_is_decided_when_a_host_is_made_is_not_changed_later(odd: HostRig) -> None:
    with pytest.raises(RigError, match="sudo cannot change while banner is; probe, "):
        odd["banner"].configure(sudo="missing")
    with pytest.raises(RigError, match="Invalid enum value 'odd'"):
        odd["banner"].configure(probe="odd")
    with pytest.raises(RigError, match="no host is named absent; there are unresolvable, "):
        HostRig(odd.folder).hosts["banner"].rig.ask("freeze", "absent")
