"""disable-ipv6-sysctl on real hosts: paired with Calico's half, lasting, and taken back."""

from tests.joined.conftest import KERNEL, UNPAIRED, Join
from tests.remediations.runs import Runs
from tests.rigs.hosts import Host, HostSpec

OFF = ["--remediate", f"--remedy={KERNEL}=disable-ipv6-sysctl", "--settle=0"]
ONE = f"--scenario={KERNEL}"
ETC, OEM = "/etc/sysctl.d/90-packcheck-ipv6.conf", "/oem/90_packcheck_ipv6.yaml"


def sysctls(host: Host) -> str:
    return host.inside("cat", *(f"/proc/sys/net/ipv6/conf/{at}/disable_ipv6" for at in ("all", "default"))).stdout


def there(host: Host, path: str) -> bool:
    return host.inside("test", "-e", path, check=False).returncode == 0


def test_it_lasts_is_paired_and_is_taken_back_also_on_kairos(join: Join, runs: Runs) -> None:
    joined = join(HostSpec(name="h1"), HostSpec(name="k1", os="kairos"))
    h1, k1 = joined.rig["h1"], joined.rig["k1"]
    done = runs(*joined.nodes, ONE, *OFF)
    assert (done.code, done.result("rig", KERNEL)["outcome"]) == (0, "fixed"), done
    states = [(c["subject"], c["action"], c["state"]) for c in done.result("rig", KERNEL)["changes"]]
    assert ("Node/h1", "write", "applied") in states
    assert ("Node/k1", "write", "applied") in states
    assert (sysctls(h1), sysctls(k1)) == ("1\n1\n", "1\n1\n")
    assert (there(h1, ETC), there(k1, OEM), there(k1, ETC)) == (True, True, False)
    assert any("not enough by itself" in note["message"] for note in done.result("rig", KERNEL)["notes"])
    h1.reboot()
    assert sysctls(h1) == "1\n1\n"

    both = runs(*joined.nodes, ONE, f"--scenario={UNPAIRED}")
    assert (both.code, both.result("rig", UNPAIRED)["outcome"]) == (0, "passed"), both
    again = runs(*joined.nodes, ONE, *OFF)
    assert (again.code, again.run["writes"]) == (0, 0), again

    undone = runs(*joined.nodes, ONE, f"--undo={done.folder}")
    assert (undone.code, undone.result("rig", KERNEL)["outcome"]) == (0, "failed"), undone
    assert (sysctls(h1), sysctls(k1)) == ("0\n0\n", "0\n0\n")
    assert (there(h1, ETC), there(k1, OEM)) == (False, False)


def test_a_host_that_is_reached_over_ipv6_is_not_cut_off(join: Join, runs: Runs) -> None:
    joined = join(HostSpec(name="h1"))
    named = [joined.cluster, f"--hosts=ssh://[{joined.rig['h1'].address6}]", *joined.ssh]
    done = runs(*named, ONE, *OFF)
    assert (done.code, done.run["writes"]) == (1, 0), done
    assert "is reached over IPv6: turning IPv6 off might cut the connection" in done.result("rig", KERNEL)["reason"]


def test_without_its_host_neither_half_is_done(join: Join, runs: Runs) -> None:
    joined = join(HostSpec(name="h1"))
    done = runs(joined.cluster, ONE, *OFF)
    assert (done.code, done.run["writes"]) == (1, 0), done
    assert "its host was not read: --hosts=nodes" in done.result("rig", KERNEL)["reason"]
