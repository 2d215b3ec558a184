"""Companies and alliances that people wrote down: names, aliases, nicknames, owners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.classify.vocabulary import normal
from worker.classify.yamlfile import YamlFile, mapping
from worker.domain.finding import Finding


@dataclass(frozen=True, slots=True)
class Company:
    """A company by its key. `watched` ones are on a watchlist, the others only well known.

    `owner` is the key of the company of which it is a unit; `nicknames` are descriptions that
    mean this company and no other ("le groupe au losange").
    """

    key: str
    name: str
    aliases: tuple[str, ...] = ()
    countries: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    electric: bool = False
    owner: str = ""
    watched: bool = True
    ambiguous: bool = False
    nicknames: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alliance:
    """Companies that are bound to each other; `members` are company keys."""

    key: str
    name: str
    members: frozenset[str]
    aliases: tuple[str, ...] = ()


@dataclass(slots=True)
class Watchlist:
    """All companies and alliances of the rule folders; later folders override earlier ones."""

    companies: dict[str, Company] = field(default_factory=dict)
    alliances: dict[str, Alliance] = field(default_factory=dict)

    def aliases(self) -> dict[str, Company]:
        """Every written name, in normal form, with its company; watched companies win."""
        names: dict[str, Company] = {}
        for company in sorted(self.companies.values(), key=lambda c: c.watched):
            for name in (company.name, *company.aliases):
                names[normal(name)] = company
        return names

    def alliance_of(self, keys: Iterable[str]) -> str | None:
        """The alliance to which at least two of the companies (or their owners) belong."""
        wide = {self.root(key) for key in keys}
        best, most = None, 1
        for alliance in self.alliances.values():
            shared = len(wide & alliance.members)
            if shared > most:
                best, most = alliance.key, shared
        return best

    def root(self, key: str) -> str:
        """The company at the head of a unit's chain of owners."""
        seen: set[str] = set()
        while key not in seen and (company := self.companies.get(key)) and company.owner:
            seen.add(key)
            key = company.owner
        return key


def build(files: Iterable[YamlFile]) -> Watchlist:
    """Put watchlist files together; their shape has been checked before."""
    watchlist = Watchlist()
    for file in files:
        data = mapping(file.data)
        watched = bool(data.get("watched", True))
        for key, row in mapping(data.get("companies")).items():
            watchlist.companies[key] = _company(key, mapping(row), watched)
        for key, row in mapping(data.get("alliances")).items():
            entry = mapping(row)
            watchlist.alliances[key] = Alliance(
                key,
                entry.get("name", key),
                frozenset(entry.get("members", [])),
                tuple(entry.get("aliases", [])),
            )
    return watchlist


def _company(key: str, row: Mapping[str, Any], watched: bool) -> Company:
    country = row.get("country", [])
    return Company(
        key=key,
        name=row.get("name", key),
        aliases=tuple(row.get("aliases", [])),
        countries=frozenset([country] if isinstance(country, str) else country),
        kinds=frozenset(row.get("kinds", [])),
        electric=bool(row.get("electric", False)),
        owner=row.get("owner", ""),
        watched=watched,
        ambiguous=bool(row.get("ambiguous", False)),
        nicknames={k: tuple(v) for k, v in mapping(row.get("nicknames")).items()},
    )


def faults(watchlist: Watchlist, files: Iterable[YamlFile]) -> Iterable[Finding]:
    """References that lead nowhere: members and owners that are no company."""
    for file in files:
        data = mapping(file.data)
        for key, row in mapping(data.get("alliances")).items():
            for at, member in enumerate(mapping(row).get("members", [])):
                if member not in watchlist.companies:
                    yield file.finding(
                        ["alliances", key, "members", at],
                        f"{member!r} is no company",
                        "add it under companies, or mend the key",
                    )
        for key, row in mapping(data.get("companies")).items():
            owner = mapping(row).get("owner", "")
            if owner and owner not in watchlist.companies:
                yield file.finding(
                    ["companies", key, "owner"],
                    f"{owner!r} is no company",
                    "add it under companies, or mend the key",
                )
