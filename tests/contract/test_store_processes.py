"""Several processes on one database, some of which die at the worst moment."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import chain
from multiprocessing.process import BaseProcess
from typing import Any

import sqlalchemy as sa

from tests.support.factories import NOW, make_alert, make_item
from tests.support.stores import keys_of, record_alert, story_of
from worker.domain.delivery import Delivery, DeliveryState, Outcome, Settlement, Verdict
from worker.store import AlertFilter, DeliveryFilter, Store

SPAWN = multiprocessing.get_context("spawn")
LEASE = timedelta(seconds=30)


def run(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    process = SPAWN.Process(target=target, args=arguments)
    process.start()
    process.join(60)
    return process


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_before(statement: str) -> None:
    """Kill this process as soon as it is about to send a statement that begins like this."""

    def check(connection: object, cursor: object, text: str, *rest: object) -> None:
        if text.startswith(statement):
            die()

    sa.event.listen(sa.Engine, "before_cursor_execute", check)


def claim_all(url: str) -> list[str]:
    store = Store.open(url)
    mine: list[str] = []
    while claimed := store.claim_deliveries(NOW, lease=LEASE, limit=7):
        mine += [c.delivery.id for c in claimed]
        verdict = Verdict(Outcome.DELIVERED)
        settled = [Settlement(c, verdict, DeliveryState.DELIVERED) for c in claimed]
        assert all(store.settle_many(settled, NOW))
    store.close()
    return mine


def test_processes_share_the_outbox_without_overlap(database_url: str) -> None:
    store = Store.open(database_url)
    wanted = record_alert(store, make_alert(), channels=[f"c{n}" for n in range(300)])
    with SPAWN.Pool(3) as pool:
        shares: Sequence[list[str]] = pool.map(claim_all, [database_url] * 3, chunksize=1)
    claimed = list(chain.from_iterable(shares))
    assert sorted(claimed) == sorted(wanted)
    delivered = DeliveryFilter(state=DeliveryState.DELIVERED)
    assert len(store.reads.delivery_ids(delivered, 1000)) == 300
    store.close()


def claim_items_of(url: str, ids: list[str], owner: str) -> list[str]:
    store = Store.open(url)
    mine = [
        item.id
        for item_id in ids
        for item in store.claim_items([item_id], NOW, lease=LEASE, owner=owner)
    ]
    store.close()
    return mine


def test_processes_share_the_items_without_overlap(database_url: str) -> None:
    store = Store.open(database_url)
    ids = store.store_items([make_item(title=f"Item {n}") for n in range(150)], NOW)
    work = [(database_url, ids, f"w{n}") for n in range(3)]
    with SPAWN.Pool(3) as pool:
        shares = pool.starmap(claim_items_of, work, chunksize=1)
    assert sorted(chain.from_iterable(shares)) == sorted(ids)
    store.close()


def die_while_claiming(url: str) -> None:
    die_before("SELECT alerts")
    Store.open(url).claim_deliveries(NOW, lease=LEASE, limit=9)


def test_a_claim_killed_before_its_commit_never_was(database_url: str) -> None:
    store = Store.open(database_url)
    [delivery_id] = record_alert(store, make_alert())
    assert run(die_while_claiming, database_url).exitcode == -signal.SIGKILL
    [claimed] = store.claim_deliveries(NOW, lease=LEASE, limit=9)
    assert claimed.attempt == 1
    detail = store.reads.delivery(delivery_id)
    assert detail is not None
    assert len(detail.attempts) == 1
    store.close()


def die_after_claiming(url: str) -> None:
    Store.open(url).claim_deliveries(NOW, lease=LEASE, limit=9)
    die()


def test_a_claim_killed_after_its_commit_runs_out(database_url: str) -> None:
    store = Store.open(database_url)
    [delivery_id] = record_alert(store, make_alert())
    assert run(die_after_claiming, database_url).exitcode == -signal.SIGKILL
    assert store.claim_deliveries(NOW, lease=LEASE, limit=9) == []
    overdue = store.overdue_deliveries(NOW + LEASE, queued_before=NOW + LEASE, limit=9)
    assert overdue == [(delivery_id, "desk")]
    [again] = store.claim_deliveries(NOW + LEASE, lease=LEASE, limit=9)
    assert again.attempt == 2
    detail = store.reads.delivery(delivery_id)
    assert detail is not None
    assert [attempt.outcome for attempt in detail.attempts] == [Outcome.INTERRUPTED, None]
    store.close()


def die_while_recording(url: str) -> None:
    die_before("INSERT INTO deliveries")
    alert = make_alert()
    with Store.open(url).judging(alert.item.id, keys_of(alert), NOW) as tx:
        events = [(alert.event_id, alert.event)]
        delivery = Delivery("msg_1", alert.id, "sub_desk", "desk")
        tx.record("en", events, [story_of(alert)], [alert], [delivery])


def test_a_judge_killed_between_alert_and_deliveries_leaves_neither(database_url: str) -> None:
    store = Store.open(database_url)
    alert = make_alert()
    store.store_items([alert.item], NOW)
    assert run(die_while_recording, database_url).exitcode == -signal.SIGKILL
    assert store.reads.alerts(AlertFilter(), None, 9).items == ()
    assert store.reads.items_waiting(NOW).count == 1
    assert len(record_alert(store, alert)) == 1
    assert len(store.claim_deliveries(NOW, lease=LEASE, limit=9)) == 1
    store.close()


def test_a_forked_child_uses_connections_of_its_own(database_url: str) -> None:
    store = Store.open(database_url)
    store.ping()
    child = os.fork()
    if child == 0:
        try:
            stored = store.store_items([make_item()], NOW)
            os._exit(0 if stored == [make_item().id] else 1)
        except BaseException:
            os._exit(2)
    for _ in range(20):
        store.ping()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.item(make_item().id) == make_item()
    store.close()
