"""Registers the rigs' plugins; pytest takes `pytest_plugins` from the root conftest.py only."""

import pytest

from tests.rigs.controlplane import plugin as controlplane
from tests.rigs.hosts import plugin as hosts


def pytest_configure(config: pytest.Config) -> None:
    for plugin in (controlplane, hosts):
        if not config.pluginmanager.has_plugin(plugin.__name__):
            config.pluginmanager.register(plugin, plugin.__name__)
