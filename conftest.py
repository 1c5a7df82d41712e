"""The plugins of packcheck, by name; nothing else lives here."""

pytest_plugins = [
    "fixtures.options",
    "fixtures.bundles.plugin",
    "fixtures.recording.plugin",
    "fixtures.waiving",
    "fixtures.hosts.plugin",
    "fixtures.verdict",
    "fixtures.facts.calico",
    "fixtures.facts.cluster",
    "fixtures.facts.hosts",
    "fixtures.facts.cilium",
    "fixtures.facts.files",
    "fixtures.facts.nodes",
    "fixtures.facts.palette",
    "fixtures.facts.pods",
    "fixtures.facts.workloads",
    "fixtures.plugin",
    "fixtures.artifacts.plugin",
    "remediations.plugin",
    "remediations.listing",
    "reports.plugin",
]
