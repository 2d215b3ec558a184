"""Comparing events with labels: rules, statuses, figures, amounts, parties, roles."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.domain.event import Event

PCT = ("from_pct", "to_pct", "pct")
DROP = re.compile(
    r"\b(?:motors?|group|groupe|holdings?|corp|corporation|inc|co|automobili?|energy|automotive)\b"
)


@dataclass(slots=True)
class Tally:
    """True and false positives and misses."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    @property
    def precision(self) -> float:
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 1.0

    @property
    def recall(self) -> float:
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 1.0

    @property
    def f1(self) -> float:
        p, r = self.precision, self.recall
        return 2 * p * r / (p + r) if p + r else 0.0

    def add(self, gold: set[str], found: set[str]) -> None:
        self.tp += len(gold & found)
        self.fp += len(found - gold)
        self.fn += len(gold - found)


@dataclass(slots=True)
class Fields:
    """How often a field of a found event was right: (right, of how many)."""

    right: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, name: str, ok: bool) -> None:
        self.seen[name] += 1
        self.right[name] += ok

    def share(self, name: str) -> float:
        return self.right[name] / self.seen[name] if self.seen[name] else 1.0

    def compare(self, item: str, gold: Mapping[str, Any], event: Event) -> None:
        """Score one event against its label."""
        self.note("status", gold["status"] == event.status.value)
        self.confusion[gold["status"], event.status.value] += 1
        if gold["status"] != event.status.value:
            self.wrong.append(
                f"{item} {event.rule} status: {gold['status']} read as {event.status}"
            )
        told = [name for name in PCT if gold.get(name) is not None or getattr(event, name)]
        if told:
            self.note("figures, all of an event", all(_same(gold, event, name) for name in told))
        for name in PCT:
            want, got = gold.get(name), getattr(event, name)
            if want is None and got is None:
                self.note("figures, empty ones too", True)
                continue
            ok = _same(gold, event, name)
            self.note("figures", ok)
            self.note("figures, empty ones too", ok)
            if not ok:
                self.wrong.append(f"{item} {event.rule} {name}: {want} read as {got}")
        if not gold.get("amount") and not event.amount:
            self.note("amount, empty ones too", True)
        else:
            ok = (
                bool(gold.get("amount"))
                and bool(event.amount)
                and same_amount(gold["amount"], event.amount or "")
            )
            self.note("amount", ok)
            self.note("amount, empty ones too", ok)
            if not ok:
                self.wrong.append(
                    f"{item} {event.rule} amount: {gold.get('amount')} read as {event.amount}"
                )
        if not gold.get("expected_date") and not event.expected_date:
            self.note("expected_date, empty ones too", True)
        else:
            ok = gold.get("expected_date") == event.expected_date
            self.note("expected_date", ok)
            self.note("expected_date, empty ones too", ok)
            if not ok:
                self.wrong.append(
                    f"{item} {event.rule} expected_date: "
                    f"{gold.get('expected_date')} read as {event.expected_date}"
                )
        if gold.get("attribution") or event.attribution:
            ok = overlap(gold.get("attribution") or "", event.attribution or "") >= 0.5
            self.note("attribution", ok)
            if not ok:
                self.wrong.append(
                    f"{item} {event.rule} attribution: "
                    f"{gold.get('attribution')} read as {event.attribution}"
                )
        if gold.get("direction"):
            self.note("direction", gold["direction"] == event.direction)
        parties = set(map(canonical, gold["parties"]))
        mine = set(map(canonical, event.parties))
        ok = names_match(parties, mine)
        self.note("parties", ok)
        self.note("party recall", all(any(same_name(p, m) for m in mine) for p in parties))
        if not ok:
            self.wrong.append(
                f"{item} {event.rule} parties: {gold['parties']} read as {list(event.parties)}"
            )
        for role, want in gold["roles"].items():
            got_role = event.roles.get(role)
            if not want and not got_role:
                continue
            ok = role_matches(want, got_role)
            self.note("roles", ok)
            self.note(f"role {role}", ok)
            if not ok:
                self.wrong.append(f"{item} {event.rule} {role}: {want} read as {got_role}")


def _same(gold: Mapping[str, Any], event: Event, name: str) -> bool:
    want, got = gold.get(name), getattr(event, name)
    return want is not None and got is not None and abs(float(want) - got) < 0.051


def canonical(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower().replace("’", "'"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w&' ]", " ", plain).split())


def same_name(one: str, other: str) -> bool:
    """Whether two written names mean one company: equal but for suffixes, or one in the other."""
    if one == other:
        return True
    a, b = " ".join(DROP.sub("", one).split()), " ".join(DROP.sub("", other).split())
    return a == b or (bool(a) and bool(b) and (a.startswith(f"{b} ") or b.startswith(f"{a} ")))


def names_match(gold: set[str], mine: set[str]) -> bool:
    """Every party found and none too many."""
    return all(any(same_name(g, m) for m in mine) for g in gold) and all(
        any(same_name(g, m) for g in gold) for m in mine
    )


def role_matches(gold: Any, got: Any) -> bool:
    if not gold or not got:
        return False
    want = [gold] if isinstance(gold, str) else list(gold)
    have = [got] if isinstance(got, str) else list(got)
    wanted, found = set(map(canonical, want)), set(map(canonical, have))
    if isinstance(got, str):
        return any(same_name(w, f) or overlap(w, f) >= 0.5 for w in wanted for f in found)
    return names_match(wanted, found)


def same_amount(one: str, other: str) -> bool:
    a, b = canonical(one), canonical(other)
    return a in b or b in a or _digits(one)[:1] == _digits(other)[:1] != []


def _digits(text: str) -> list[str]:
    return re.findall(r"\d+(?:[.,]\d+)*", text)


def overlap(one: str, other: str) -> float:
    a, b = set(canonical(one).split()), set(canonical(other).split())
    return len(a & b) / max(len(a | b), 1)


def f1(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.tp += tally.tp
        total.fp += tally.fp
        total.fn += tally.fn
    return total
