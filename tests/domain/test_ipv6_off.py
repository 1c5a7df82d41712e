"""By what IPv6 is off on a host, in words."""

import pytest

from domain.hosts import HostFacts, IPv6Sysctls
from domain.ipv6_off import why_off

FILE = "/etc/sysctl.d/90.conf:net.ipv6.conf.{}.disable_ipv6=1"


@pytest.mark.parametrize("ipv6", [IPv6Sysctls(), IPv6Sysctls(0, 1)], ids=["not read", "for interfaces to come only"])
def test_where_it_is_on_or_not_told_there_is_nothing_to_say(ipv6: IPv6Sysctls) -> None:
    assert why_off(HostFacts(name="h1", ipv6=ipv6)) == ""


def test_a_file_is_named_once_however_often_it_sets_it() -> None:
    host = HostFacts(name="h1", ipv6=IPv6Sysctls(1, 1), ipv6_set=(FILE.format("all"), FILE.format("default")))
    assert why_off(host) == "net.ipv6.conf.all.disable_ipv6 is 1, set in /etc/sysctl.d/90.conf"


def test_a_kernel_without_ipv6_may_not_say_why() -> None:
    assert why_off(HostFacts(name="h1", ipv6=IPv6Sysctls(absent=True))) == "its kernel has no IPv6"
