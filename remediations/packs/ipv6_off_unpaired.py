"""Do the other half: turn IPv6 off in Calico as well, just as where its kernel wants it."""

from remediations.packs.calico_ipv6_kernel import DISABLE_CALICO_IPV6

REMEDIES = (DISABLE_CALICO_IPV6,)
