"""Registers the rigs' plugins; pytest takes `pytest_plugins` from the root conftest.py only."""

import signal

import pytest
from hypothesis import settings

from tests.rigs.controlplane import plugin as controlplane
from tests.rigs.hosts import plugin as hosts


def pytest_configure(config: pytest.Config) -> None:
    # started in a shell's background SIGINT is ignored, and so it would be in every process that a test interrupts
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.register_profile("packcheck", deadline=None)  # the cores are shared: no example is wrong for being slow
    settings.load_profile("packcheck")
    for plugin in (controlplane, hosts):
        if not config.pluginmanager.has_plugin(plugin.__name__):
            config.pluginmanager.register(plugin, plugin.__name__)
