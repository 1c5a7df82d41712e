"""What is started on hosts: shell that is whole whatever the names are, and how far it is, read back."""

import subprocess

import pytest

from domain.hosts import tasks
from domain.hosts.tasks import KAIROS_FILE, SYSCTL_FILE, Progress, read_progress

PACKAGES = ("linux-image-6.8.0-60-generic", "linux-modules-6.8.0-60-generic")
ODD = "a name; with 'quotes' $(and more)"


@pytest.mark.parametrize(
    "task",
    [
        tasks.install(PACKAGES),
        tasks.settle(),
        tasks.hold(PACKAGES),
        tasks.hold((ODD,), held=False),
        tasks.reboot(),
        tasks.ipv6_off(SYSCTL_FILE),
        tasks.ipv6_off(KAIROS_FILE),
        tasks.ipv6_back(ODD, (0, 1)),
    ],
)
def test_each_is_shell_as_it_is_and_as_it_is_sent(task: str) -> None:
    for script in (task, tasks.start("install", task), tasks.poll("install"), tasks.start(ODD, task)):
        done = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), script


def test_apt_is_never_asked_under_a_timeout_and_never_takes_anything_away() -> None:
    text = tasks.install(PACKAGES)
    assert "timeout -" not in text
    assert "apt-get --yes --no-install-recommends --no-remove" in text
    assert text.index("dpkg --configure -a") < text.index("update") < text.index("install linux-image")
    assert "timeout -" not in tasks.start("install", text)
    assert "setsid" in tasks.start("install", text)


def test_holds_are_taken_and_let_go_of_by_the_same_command() -> None:
    assert tasks.hold(PACKAGES) == f"apt-mark hold {' '.join(PACKAGES)}"
    assert tasks.hold(PACKAGES, held=False) == f"apt-mark unhold {' '.join(PACKAGES)}"


def test_the_file_is_of_the_kind_that_its_place_wants_and_replaces_none() -> None:
    assert "net.ipv6.conf.all.disable_ipv6 = 1\n" in tasks.ipv6_off(SYSCTL_FILE)
    assert "- sysctl --write net.ipv6.conf.all.disable_ipv6=1\n" in tasks.ipv6_off(KAIROS_FILE)
    assert f"[ ! -e {SYSCTL_FILE} ]" in tasks.ipv6_off(SYSCTL_FILE)
    back = tasks.ipv6_back(SYSCTL_FILE, (0, 1))
    assert f"rm -f {SYSCTL_FILE}" in back
    assert back.endswith("all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=1")


@pytest.mark.parametrize(
    ("output", "progress"),
    [
        ("ended 0\nSetting up linux-image\n", Progress(0, running=False, words="Setting up linux-image")),
        (
            "ended 100\nE: No space\n  left on device\n",
            Progress(100, running=False, words="E: No space left on device"),
        ),
        ("running\n", Progress(None, running=True, words="")),
        ("gone\n", Progress(None, running=False, words="")),
        ("ended \n", Progress(None, running=False, words="")),
        ("", Progress(None, running=False, words="")),
    ],
)
def test_how_far_it_is_is_read_back(output: str, progress: Progress) -> None:
    assert read_progress(output) == progress
