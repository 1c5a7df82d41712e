"""A plugin that breaks each check when it is run again: a mistake of packcheck's own, after the first write."""

from collections.abc import Generator

import pytest

RAN = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    if item.stash.get(RAN, False):
        raise LookupError("odd")
    item.stash[RAN] = True
    yield
