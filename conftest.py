"""The plugins of packcheck, by name; nothing else lives here."""

pytest_plugins = [
    "fixtures.options",
    "fixtures.plugin",
    "fixtures.verdict",
    "fixtures.facts.cluster",
    "fixtures.facts.palette",
    "fixtures.facts.pods",
    "fixtures.facts.workloads",
    "remediations.plugin",
    "reports.plugin",
]
