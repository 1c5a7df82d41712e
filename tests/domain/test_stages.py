"""The forms in which a command of a stage turns IPv6 off, and those that only look like one."""

import json
import time

import pytest

from domain.artifacts import read_document
from domain.stages import steps

KEY = "net.ipv6.conf.all.disable_ipv6"
PROC = "/proc/sys/net/ipv6/conf/all/disable_ipv6"


def _off(command: str) -> bool:
    text = f"stages:\n  boot:\n  - name: x\n    commands:\n    - {json.dumps(command)}\n"
    document = read_document(text)
    assert document is not None
    (step,) = steps(document.at("stages"))
    return bool(step.off)


@pytest.mark.parametrize(
    "command",
    [
        f"sysctl --write {KEY}=1",
        f'sysctl -w "{KEY}=1"',
        f'sysctl -w {KEY}="1"',
        "sysctl -w net/ipv6/conf/all/disable_ipv6=1",
        f"sysctl -w \\\n  {KEY}=1",
        f"set -e\n# as the page says\nsysctl -w {KEY}=1\n",
        f"echo 1 > {PROC}",
        f"echo -n '1' > {PROC}",
        f"printf '1\\n' > {PROC}",
        f"printf '%s\\n' 1 > {PROC}",
        f"echo 1 | tee {PROC}",
        f"echo 1 | sudo tee -a {PROC} >/dev/null",
        f'echo "{KEY} = 1" | tee /etc/sysctl.d/9.conf',
        f'echo "{KEY}=1" | sudo tee -a /etc/sysctl.conf > /dev/null',
        f'echo "{KEY}=1" >> /etc/sysctl.conf',
        f"echo {KEY}=1 >/etc/sysctl.d/9.conf",
        f"echo -e 'net.ipv6.conf.default.disable_ipv6=1\\n{KEY}=1' > \"/etc/sysctl.d/9.conf\"",
        f"printf '{KEY} = 1\\n' >> /usr/lib/sysctl.d/9.conf",
        f"printf '%s\\n' '{KEY}=1' > /etc/sysctl.d/9.conf",
        f"cat > /etc/sysctl.d/9.conf <<EOF\n# off\n{KEY} = 1\nEOF\nsysctl --system",
        f"cat <<'EOF' | tee /etc/sysctl.d/9.conf\n{KEY}=1\nEOF\n",
    ],
)
def test_a_command_turns_ipv6_off(command: str) -> None:
    assert _off(command)


@pytest.mark.parametrize(
    "command",
    [
        f"# sysctl -w {KEY}=1",
        f"true\n  # sysctl -w {KEY}=1\n#echo 1 > {PROC}\n",
        f"sysctl -w {KEY}=0",
        f"sysctl -w {KEY}=10",
        f"sysctl -n {KEY}",
        f"test $(sysctl -n {KEY}) = 1 && echo off",
        "sysctl -w net.ipv6.conf.eth0.disable_ipv6=1",
        f'echo "{KEY}=1"',
        f'echo "{KEY}=1" >> /var/log/notes',
        f'echo "{KEY}=0" >> /etc/sysctl.conf',
        f'echo "# {KEY}=1" >> /etc/sysctl.conf',
        f"echo 0 | tee {PROC}",
        f"cat > /etc/sysctl.d/9.conf <<EOF\n# {KEY} = 1\n{KEY} = 0\nEOF",
        f"cat > /root/notes <<EOF\n{KEY} = 1\nEOF",
    ],
)
def test_a_command_leaves_ipv6_on(command: str) -> None:
    assert not _off(command)


@pytest.mark.parametrize("noise", ["echo ", "sysctl ", "a <<x\n", "echo 1|tee "])
def test_a_command_that_goes_on_and_on_is_read_at_once(noise: str) -> None:
    start = time.process_time()
    assert not _off(f"{noise * 10000}{KEY}")
    assert time.process_time() - start < 5
