"""The ways on hosts of the scenario packs/calico-ipv6-kernel."""
