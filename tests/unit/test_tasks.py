"""What the tasks do with their context, and how ids become messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from kombu.exceptions import OperationalError

from worker import broker, tasks
from worker.pipeline import Overdue, Owed
from worker.store import StoreUnavailable


class FakeContext:
    """Keeps what it is asked for; classifying owes `owed` or raises `error`."""

    def __init__(self, owed: Sequence[Owed] = (), error: Exception | None = None) -> None:
        self.owed = list(owed)
        self.error = error
        self.classified: list[list[str]] = []
        self.delivered: list[tuple[str, list[str]]] = []

    def classify(self, item_ids: Sequence[str]) -> list[Owed]:
        self.classified.append(list(item_ids))
        if self.error is not None:
            raise self.error
        return self.owed

    def deliver(self, channel: str, delivery_ids: Sequence[str]) -> None:
        self.delivered.append((channel, list(delivery_ids)))


@pytest.fixture(autouse=True)
def _no_context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_context", None)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """Messages as they are handed to the broker."""
    sent: list[tuple[str, tuple[Any, ...]]] = []

    for task in (tasks.classify, tasks.deliver):

        def keep(args: tuple[Any, ...], name: str = str(task.name), **_: Any) -> None:
            sent.append((name, args))

        monkeypatch.setattr(task, "apply_async", keep)
    return sent


def test_classifying_enqueues_what_is_owed(published: list[Any]) -> None:
    context = FakeContext([Owed("desk", "m1"), Owed("mail", "m2"), Owed("desk", "m3")])
    tasks.provide(context)
    tasks.classify.run(["i1", "i2"])
    assert context.classified == [["i1", "i2"]]
    assert published == [
        ("alliance_watch.deliver", ("desk", ["m1", "m3"])),
        ("alliance_watch.deliver", ("mail", ["m2"])),
    ]


def test_delivering_goes_to_the_lane(published: list[Any]) -> None:
    context = FakeContext()
    tasks.provide(context)
    tasks.deliver.run("desk", ["m1", "m2"])
    assert context.delivered == [("desk", ["m1", "m2"])]
    assert published == []


def test_a_database_that_is_away_puts_classification_off(published: list[Any]) -> None:
    tasks.provide(FakeContext(error=StoreUnavailable("away")))
    tasks.classify.run(["i1"])
    assert published == []


def test_a_fault_of_ours_is_not_hidden() -> None:
    tasks.provide(FakeContext(error=KeyError("a fault")))
    with pytest.raises(KeyError):
        tasks.classify.run(["i1"])


@pytest.mark.parametrize(("task", "args"), [("classify", (["i"],)), ("deliver", ("desk", ["m"]))])
def test_without_a_context_a_task_says_so(task: str, args: tuple[Any, ...]) -> None:
    with pytest.raises(RuntimeError, match="not been set up"):
        getattr(tasks, task).run(*args)


@pytest.mark.parametrize(
    ("items", "sizes"),
    [
        (1, [1]),
        (tasks.SMALL_BATCH + 1, [tasks.SMALL_BATCH, 1]),
        (tasks.SHARES * 20, [20] * tasks.SHARES),
        (tasks.BATCH * 10 + 1, [tasks.BATCH] * 10 + [1]),
    ],
)
def test_items_are_shared_out_in_batches(
    published: list[Any], items: int, sizes: list[int]
) -> None:
    ids = [f"i{n}" for n in range(items)]
    tasks.enqueue_items(ids)
    batches = [args[0] for _, args in published]
    assert [len(batch) for batch in batches] == sizes
    assert [item for batch in batches for item in batch] == ids


def test_deliveries_go_by_channel_and_in_batches(published: list[Any]) -> None:
    owed = [Owed(f"c{n % 2}", f"m{n}") for n in range(tasks.BATCH * 2 + 2)]
    tasks.enqueue_deliveries(iter(owed))
    assert [(args[0], len(args[1])) for _, args in published] == [
        ("c0", tasks.BATCH),
        ("c0", 1),
        ("c1", tasks.BATCH),
        ("c1", 1),
    ]


def test_nothing_to_do_publishes_nothing(published: list[Any]) -> None:
    tasks.enqueue_items([])
    tasks.enqueue_deliveries([])
    tasks.enqueue_overdue(Overdue([], []))
    assert published == []


def test_what_the_sweep_found_goes_back(published: list[Any]) -> None:
    tasks.enqueue_overdue(Overdue(["i1"], [Owed("desk", "m1")]))
    assert [name for name, _ in published] == ["alliance_watch.classify", "alliance_watch.deliver"]


@pytest.mark.parametrize("error", [OperationalError("away"), ConnectionResetError()])
def test_a_failed_publication_is_harmless(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(tasks.classify, "apply_async", fail)
    tasks.enqueue_items(["i1"])


def test_no_task_can_outlive_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "VISIBILITY_TIMEOUT", broker.TASK_TIME_LIMIT)
    with pytest.raises(AssertionError, match="outlive"):
        tasks.configure("redis://127.0.0.1:1/0")


def test_the_settings_that_keep_messages() -> None:
    conf = tasks.configure("redis://127.0.0.1:1/0").conf
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1
    assert conf.accept_content == ["json"]
    assert conf.task_time_limit < conf.broker_transport_options["visibility_timeout"]
    assert not conf.result_backend
