"""Registers the rigs' plugins; pytest takes `pytest_plugins` from the root conftest.py only."""

import pytest

from tests.rigs.controlplane import plugin as controlplane


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.has_plugin(controlplane.__name__):
        config.pluginmanager.register(controlplane, controlplane.__name__)
