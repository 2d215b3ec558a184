"""The dashboard's services for a configuration, as `serve` uses them."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING

from worker import __version__, broker, tasks, wiring
from worker.config import Settings
from worker.dashboard.services import Services
from worker.domain.event import Classification

if TYPE_CHECKING:
    from worker.classify import Classifier


class LazyClassifier:
    """Loads the rules at the first text: a dashboard that nobody asks to classify stays small."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._classifier: Classifier | None = None
        self._loading = threading.Lock()

    def __call__(
        self,
        title: str,
        text: str,
        *,
        language: str | None = None,
        published: datetime | None = None,
    ) -> Classification:
        with self._loading:
            if self._classifier is None:
                self._classifier = wiring.load_classifier(self._settings)
            return self._classifier.classify(title, text, language=language, published=published)


def services(settings: Settings) -> Services:
    """Everything that the dashboard calls. Raises `CannotStart` when the schema is not current."""
    store = wiring.open_store(settings)
    wiring.require_schema(store)
    url = wiring.broker_url(settings)
    tasks.configure(url)
    return Services(
        store=store,
        probe=broker.probe(url),
        clock=wiring.now,
        classify=LazyClassifier(settings),
        enqueue_items=tasks.enqueue_items,
        public_url=wiring.public_url(settings),
        version=__version__,
    )
