"""The hosts rig is what it says: hosts as SSH, apt and the API meet them, gone with their owner."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.rigs.controlplane import ControlPlane
from tests.rigs.controlplane.readiness import until
from tests.rigs.hosts import Host, HostRig, HostSpec, difference
from tests.rigs.hosts.lifecycle import REPOSITORY
from tests.rigs.hosts.plugin import StartHosts
from tests.rigs.test_hosts_tiers import alive, traces

PROBE = "sudo -n unshare --net {} -t mangle -A PREROUTING -j MARK --set-mark 0x40000/0xff0000"
BROKEN = 'MARK: bad value for option "--set-mark", or out of range (0-4294967295).'
LACKING, FIXED = "6.8.0-57-generic", "6.8.0-60-generic"


def probe(host: Host, program: str = "ip6tables") -> tuple[int, str]:
    done = host.run(PROBE.format(program))
    return done.returncode, done.stderr


# --- what a host is -------------------------------------------------------------------------------------------------


def test_a_host_says_the_same_of_its_kernel_its_boot_and_itself_everywhere(hosts: StartHosts) -> None:
    rig = hosts(HostSpec(name="n1"), HostSpec(name="n2", os="ubuntu-22.04", kernels=("5.15.0-127-generic",)))
    for host, distribution in ((rig["n1"], 'ubuntu "24.04"'), (rig["n2"], 'ubuntu "22.04"')):
        release = host.kernel
        told = host.run("uname -r; sudo uname -r; cat /proc/sys/kernel/osrelease; cut -d' ' -f3 /proc/version")
        assert told.stdout.split() == [release] * 4
        version = host.run("uname -v; cat /proc/sys/kernel/version; sed 's/.*) #/#/' /proc/version").stdout.splitlines()
        assert len(set(version)) == 1
        assert version[0].startswith("#59-Ubuntu SMP" if release == LACKING else "#137-Ubuntu SMP")
        ids = host.run("cat /proc/sys/kernel/random/boot_id /etc/machine-id; hostname").stdout.split()
        assert ids == [host.boot_id, host.machine_id, host.name]
        os_release = host.run("grep -e ^ID= -e ^VERSION_ID= /etc/os-release").stdout
        assert sorted(os_release.split()) == sorted(f"ID={distribution}".replace(" ", " VERSION_ID=").split())
        assert f"ii  linux-image-{release} " in host.run("dpkg --list 'linux-image-*'").stdout
    assert rig["n1"].machine_id != rig["n2"].machine_id
    assert rig["n1"].boot_id != rig["n2"].boot_id


def test_while_a_kernel_without_mark_is_said_to_be_booted_the_wrapper_answers_with_the_recorded_failure(
    hosts: StartHosts,
) -> None:
    host = hosts(1)["h1"]
    code, said = probe(host)
    assert code == 2
    assert said.startswith("Warning: Extension MARK revision 0 not supported, missing kernel module?\n")
    assert BROKEN in said
    assert probe(host, "iptables") == (0, "")
    host.configure(probe="sound")
    assert probe(host) == (0, "")


def test_a_kernel_is_installed_by_apt_over_ssh_and_booted_by_its_own_reboot_and_the_probe_is_sound_then(
    hosts: StartHosts,
) -> None:
    host = hosts(1)["h1"]
    before = host.boot_id
    host.run("sudo -n apt-get update", check=True)
    offered = host.run("apt-cache policy linux-image-generic").stdout
    assert "Candidate: 6.8.0.62.65" in offered
    packages = f"linux-image-{FIXED} linux-modules-extra-{FIXED} linux-headers-{FIXED}"
    host.run(f"sudo -n DEBIAN_FRONTEND=noninteractive apt-get --yes install {packages}", check=True)
    host.run(f"sudo -n apt-mark hold linux-image-{FIXED}", check=True)
    assert host.run("apt-mark showhold").stdout == f"linux-image-{FIXED}\n"
    assert host.run("cat /run/reboot-required.pkgs").stdout == f"linux-image-{FIXED}\n"
    assert host.run("readlink /boot/vmlinuz /boot/vmlinuz.old").stdout == f"vmlinuz-{FIXED}\nvmlinuz-{LACKING}\n"
    assert host.run("sudo -n dpkg --audit").stdout == ""
    assert (host.kernel, probe(host)[0]) == (LACKING, 2)

    host.run("sudo -n systemctl reboot", check=True)
    host.wait_up(after=before)

    assert host.run("uname -r; cat /proc/sys/kernel/random/boot_id").stdout.split() == [FIXED, host.boot_id]
    assert probe(host) == (0, "")
    assert host.run("ls /run/reboot-required").returncode == 2
    assert host.run("apt-mark showhold").stdout == f"linux-image-{FIXED}\n"


def test_it_boots_what_its_own_grub_would(hosts: StartHosts) -> None:
    host = hosts(HostSpec(kernels=(LACKING, FIXED)))["h1"]
    assert host.kernel == FIXED
    choose = "sudo sed -i s/^GRUB_DEFAULT=.*/GRUB_DEFAULT=saved/ /etc/default/grub && sudo -n update-grub"
    host.run(f"{choose} && sudo -n grub-reboot '1>2'", check=True)
    host.reboot()
    assert host.kernel == LACKING
    host.reboot()
    assert host.kernel == FIXED  # what grub-reboot sets is for one boot
    entry = f"Advanced options for Ubuntu>Ubuntu, with Linux {LACKING}"
    host.run(f"sudo -n grub-set-default '{entry}'", check=True)
    host.reboot()
    assert host.kernel == LACKING


@pytest.mark.parametrize("command", ["reboot", "shutdown -r now", "systemctl reboot"])
def test_every_way_to_reboot_ends_the_session_and_what_only_the_boot_held(hosts: StartHosts, command: str) -> None:
    host = hosts(1)["h1"]
    before = host.boot_id
    host.run("sudo -n sysctl --write net.ipv6.conf.all.disable_ipv6=1 && sudo -n touch /run/passing /lasting")
    host.run(f"sudo -n {command}; sleep 20", seconds=15)
    host.wait_up(after=before)
    left = host.run("sysctl --values net.ipv6.conf.all.disable_ipv6; ls /run/passing /lasting")
    assert left.stdout == "0\n/lasting\n"


def test_a_host_that_does_not_come_back_stays_away_and_poweroff_too(hosts: StartHosts) -> None:
    rig = hosts(HostSpec(comes_back=False), HostSpec())
    rig["h1"].run("sudo -n reboot")
    rig["h2"].run("sudo -n poweroff")
    until(lambda: not rig["h1"].up and not rig["h2"].up, "both are down", seconds=10)
    for host in rig:
        assert host.run("true", connect_seconds=1).returncode == 255
        host.boot()
        assert host.run("true").returncode == 0


def test_only_root_may_reboot(hosts: StartHosts) -> None:
    host = hosts(1)["h1"]
    done = host.run("/usr/sbin/reboot")
    assert (done.returncode, host.up) == (1, True)
    assert "Interactive authentication required" in done.stderr


# --- what tests can see of it ---------------------------------------------------------------------------------------


def test_connections_and_commands_are_counted_also_when_they_share_a_connection(
    hosts: StartHosts, tmp_path: Path
) -> None:
    host = hosts(1)["h1"]
    host.run("echo 'before the mark'")
    mark = host.mark()
    shared = ["ssh", "-F", str(host.ssh_config), "-o", "ControlMaster=auto", "-o", f"ControlPath={tmp_path}/c"]
    for word in ("one", "two\nlines"):
        subprocess.run([*shared, "-o", "ControlPersist=30", "h1", f"echo '{word}'"], check=True, capture_output=True)
    subprocess.run([*shared, "-O", "exit", "h1"], check=True, capture_output=True)
    host.run("sudo -n true")
    assert [command.text for command in host.commands(mark)] == ["echo 'one'", "echo 'two\nlines'", "sudo -n true"]
    assert len({command.connection for command in host.commands(mark)}) == 2
    assert [connection.user for connection in host.connections(mark)] == ["ops", "ops"]


def test_a_snapshot_shows_that_the_probe_changes_nothing_and_what_a_change_changes(hosts: StartHosts) -> None:
    host = hosts(HostSpec(probe="sound"))["h1"]
    before = host.snapshot()
    assert probe(host) == (0, "")
    assert difference(before, host.snapshot()) == []
    host.run("echo 1 | sudo tee /etc/new; sudo rm /etc/motd; sudo sysctl -w net.ipv6.conf.all.disable_ipv6=1")
    host.run("sudo -n /usr/sbin/ip6tables -t mangle -A PREROUTING -j MARK --set-mark 1")
    changed = difference(before, host.snapshot())
    assert any(line.startswith("+ disk:/etc/new") for line in changed)
    assert any(line.startswith("+ disk:/etc/motd") for line in changed)  # an overlay's mark for a file that is gone
    assert "+ sysctl:net.ipv6.conf.all.disable_ipv6 = 1" in changed
    assert any(line.startswith("+ ip6tables:-A PREROUTING -j MARK") for line in changed)


def test_each_host_is_a_node_whose_info_follows_its_boots(hosts: StartHosts, fresh_controlplane: ControlPlane) -> None:
    plane = fresh_controlplane
    rig = hosts(
        HostSpec(name="cp-1", control_plane=True), HostSpec(name="worker-1", kernels=(LACKING, FIXED), running=LACKING)
    )
    rig.join(plane)

    def info(host: Host) -> dict[str, str]:
        return {**plane.api.get(f"/api/v1/nodes/{host.name}")["status"]["nodeInfo"]}

    for host in rig:
        assert host.run("cat /etc/machine-id").stdout.strip() == info(host)["machineID"]
        assert host.run("cat /proc/sys/kernel/random/boot_id").stdout.strip() == info(host)["bootID"]
        assert host.run("uname -r").stdout.strip() == info(host)["kernelVersion"]
        assert info(host)["osImage"] == "Ubuntu 24.04.2 LTS"
        assert info(host)["kubeletVersion"] == plane.version
        node = plane.api.get(f"/api/v1/nodes/{host.name}")
        assert {"type": "InternalIP", "address": host.address} in node["status"]["addresses"]
    assert "node-role.kubernetes.io/control-plane" in plane.api.get("/api/v1/nodes/cp-1")["metadata"]["labels"]

    worker, before = rig["worker-1"], info(rig["worker-1"])
    worker.reboot()
    until(lambda: info(worker)["bootID"] == worker.boot_id, "the Node tells of the boot", seconds=10)
    assert info(worker)["bootID"] != before["bootID"]
    assert (before["kernelVersion"], info(worker)["kernelVersion"]) == (LACKING, FIXED)
    assert info(worker)["machineID"] == before["machineID"]

    plane.reset()
    rig.join(plane)
    assert info(worker)["bootID"] == worker.boot_id


# --- from a shell ---------------------------------------------------------------------------------------------------


def shell(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.rigs.hosts", *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("full_hosts_tier")
def test_up_status_and_down_from_a_shell(tmp_path: Path) -> None:
    folder = tmp_path / 'a "folder", with a space'
    up = shell("up", "--dir", folder, "--hosts", "2", "--host", f"name=odd,sudo=password,kernels={LACKING}+{FIXED}")
    try:
        assert up.returncode == 0, up.stderr
        config = Path(up.stdout.splitlines()[-1])
        assert config == folder / "ssh_config"
        rig = HostRig(folder)
        network, pids = rig.state.network, [rig.supervisor, *(host.state.pid for host in rig)]
        assert [host.name for host in rig] == ["odd", "h2"]

        def ssh(name: str, command: str) -> str:
            done = subprocess.run(["ssh", "-F", config, name, command], capture_output=True, text=True, check=False)
            return done.stdout + done.stderr

        assert ssh("odd", "uname -r") == f"{FIXED}\n"
        assert ssh("odd", "sudo -n true") == "sudo: a password is required\n"
        assert ssh(rig["h2"].address6, "sudo -n uname -n") == "h2\n"
        assert traces(network)
        assert shell("up", "--dir", folder).stdout == up.stdout

        assert shell("power-cut", "--dir", folder, "odd").returncode == 0
        status = shell("status", "--dir", folder).stdout
        assert "tier:          full\n" in status
        assert f"odd {rig['odd'].address} down {FIXED}" in " ".join(status.split())
        assert "sudo=password" in status
        assert shell("boot", "--dir", folder, "odd").returncode == 0
        assert shell("configure", "--dir", folder, "h2", "probe=sound").returncode == 0
        assert probe(rig["h2"]) == (0, "")
        refused = shell("configure", "--dir", folder, "h2", "sudo=missing")
        assert (refused.returncode, "sudo cannot change while h2 is" in refused.stderr) == (1, True)
    finally:
        down = shell("down", "--dir", folder)
    assert down.returncode == 0
    until(lambda: not any(map(alive, pids)), "the hosts and their supervisor are gone", seconds=5)
    assert traces(network) == []
    assert shell("status", "--dir", folder).returncode == 1
    assert "Accepted publickey for ops" in (folder / "h2.log").read_text()
    assert not (folder / "machines").exists()


def test_four_hosts_are_up_in_a_few_seconds(hosts: StartHosts) -> None:
    hosts(1)  # so that the layer with the kernel is there
    started = time.monotonic()
    rig = hosts(4)
    seconds = time.monotonic() - started
    assert [host.run("hostname").stdout.strip() for host in rig] == ["h1", "h2", "h3", "h4"]
    assert seconds < 10
