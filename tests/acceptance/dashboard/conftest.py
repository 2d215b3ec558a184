"""A browser for a module, and a store for each of its tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.browsers import CHROMIUM
from tests.support.stores import sqlite_store, sqlite_template, sqlite_url
from worker import classify
from worker.dashboard.server import LazyClassifier
from worker.shipped import shipped_rules
from worker.store import Store

__all__ = ["sqlite_store", "sqlite_template", "sqlite_url"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def classifier() -> LazyClassifier:
    return LazyClassifier(lambda: classify.load([shipped_rules()]))


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    return sqlite_store
