"""The hosts of one target, as far as they were read: beside a cluster, or alone in the place of one."""

from domain.facts import Fact
from domain.hosts.facts import HostFacts


class HostsRead(Fact[HostFacts], frozen=True):
    """What was read of hosts: `asked` is whether any were asked for, `alone` whether no cluster was read with them."""

    asked: bool = False
    alone: bool = False
