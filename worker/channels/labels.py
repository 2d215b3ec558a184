"""The words around an alert, in the alert's own language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

NARROW_NO_BREAK_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"


@dataclass(frozen=True, slots=True)
class Labels:
    """One language's words; the tables are keyed by the names that the domain types use."""

    language: str
    rules: Mapping[str, str]
    statuses: Mapping[str, str]
    severities: Mapping[str, str]
    reasons: Mapping[str, str]
    directions: Mapping[str, str]
    fields: Mapping[str, str]
    months: tuple[str, ...]
    colon: str
    quotes: tuple[str, str]
    new: str
    what_changed: str
    first_report: str
    evidence: str
    more_evidence: str
    source: str
    read_item: str
    open_alert: str
    footer: str
    latest: str
    mute_story: str
    right: str
    wrong: str
    unsubscribe: str
    none: str

    def rule(self, key: str) -> str:
        """A rule's name for people; a rule that is not one of ours reads as its key."""
        return self.rules.get(key) or key.replace("-", " ").capitalize()

    def field(self, key: str) -> str:
        """The label of a field or role of an event."""
        return self.fields.get(key) or key.replace("_", " ").capitalize()

    def value(self, field: str, value: object) -> str:
        """A field's value as a reader of this language expects it."""
        if value is None or value == "":
            return self.none
        if isinstance(value, (list, tuple)):
            return ", ".join(str(part) for part in value) or self.none
        if field == "status":
            return self.statuses.get(str(value), str(value))
        if field == "direction":
            return self.directions.get(str(value), str(value))
        if field.endswith("pct") and isinstance(value, (int, float)):
            return self.percent(value)
        if field == "expected_date":
            return self.day(str(value))
        return str(value)

    def percent(self, value: float) -> str:
        """34.0 as "34%" or "34 %", 43.4 as "43.4%" or "43,4 %"."""
        number = f"{value:.2f}".rstrip("0").rstrip(".")
        if self.language == "fr":
            return number.replace(".", ",") + NARROW_NO_BREAK_SPACE + "%"
        return number + "%"

    def day(self, iso: str) -> str:
        """An ISO date or month in words; anything else as it is."""
        if not re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", iso):
            return iso
        try:
            day = date.fromisoformat(iso if len(iso) == 10 else f"{iso}-01")
        except ValueError:
            return iso
        words = f"{self.months[day.month - 1]} {day.year}"
        if len(iso) != 10:
            return words
        first = "1er" if self.language == "fr" and day.day == 1 else str(day.day)
        return f"{first} {words}"

    def moment(self, moment: datetime) -> str:
        """Date and time of day in UTC."""
        moment = moment.astimezone(UTC)
        return f"{self.day(moment.date().isoformat())}, {moment:%H:%M} UTC"


ENGLISH = Labels(
    language="en",
    rules={
        "equity-change": "Change of ownership",
        "ev-unit-investment": "Investment in an EV unit",
        "ip-sharing": "Sharing of intellectual property",
    },
    statuses={
        "rumoured": "rumoured",
        "negotiating": "under negotiation",
        "planned": "planned",
        "agreed": "agreed",
        "completed": "completed",
        "denied": "denied or abandoned",
    },
    severities={"info": "For information", "notable": "Notable", "urgent": "Urgent"},
    reasons={
        "contradiction": "contradicts a denial",
        "correction": "correction",
        "withdrawal": "withdrawn by its publisher",
    },
    directions={"increase": "increase", "decrease": "decrease"},
    fields={
        "status": "Status",
        "parties": "Parties",
        "holder": "Shareholder",
        "target": "Shares of",
        "counterparty": "Counterparty",
        "investor": "Investor",
        "unit": "EV unit",
        "owner": "Owner of the unit",
        "direction": "Direction",
        "from_pct": "Stake before",
        "to_pct": "Stake after",
        "pct": "Stake that moves",
        "amount": "Amount",
        "attribution": "According to",
        "expected_date": "Expected",
        "alliance": "Alliance",
    },
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    colon=": ",
    quotes=("“", "”"),
    new="new",
    what_changed="What changed",
    first_report="First report of this story",
    evidence="Evidence",
    more_evidence="{count} more passages in the alert",
    source="Source",
    read_item="Read the item",
    open_alert="Open the alert",
    footer="Sent by Alliance Watch.",
    latest="As of now",
    mute_story="Mute this story",
    right="Right",
    wrong="Wrong alert",
    unsubscribe="Unsubscribe",
    none="unknown",
)

FRENCH = Labels(
    language="fr",
    rules={
        "equity-change": "Changement au capital",
        "ev-unit-investment": "Investissement dans une entité de véhicules électriques",
        "ip-sharing": "Partage de propriété intellectuelle",
    },
    statuses={
        "rumoured": "rumeur",
        "negotiating": "en négociation",
        "planned": "projet",
        "agreed": "accord conclu",
        "completed": "réalisé",
        "denied": "démenti ou abandonné",
    },
    severities={"info": "Pour information", "notable": "Notable", "urgent": "Urgent"},
    reasons={
        "contradiction": "contredit un démenti",
        "correction": "rectificatif",
        "withdrawal": "retiré par son éditeur",
    },
    directions={"increase": "hausse", "decrease": "baisse"},
    fields={
        "status": "Statut",
        "parties": "Parties",
        "holder": "Actionnaire",
        "target": "Capital de",
        "counterparty": "Contrepartie",
        "investor": "Investisseur",
        "unit": "Entité électrique",
        "owner": "Propriétaire de l’entité",
        "direction": "Sens",
        "from_pct": "Part avant",
        "to_pct": "Part après",
        "pct": "Part concernée",
        "amount": "Montant",
        "attribution": "Selon",
        "expected_date": "Échéance",
        "alliance": "Alliance",
    },
    months=(
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
    colon=f"{NO_BREAK_SPACE}: ",
    quotes=(f"«{NO_BREAK_SPACE}", f"{NO_BREAK_SPACE}»"),
    new="nouveau",
    what_changed="Ce qui change",
    first_report="Première information de ce dossier",
    evidence="Preuve",
    more_evidence="{count} autres passages dans l’alerte",
    source="Source",
    read_item="Lire la dépêche",
    open_alert="Ouvrir l’alerte",
    footer="Envoyé par Alliance Watch.",
    latest="À présent",
    mute_story="Taire ce dossier",
    right="Juste",
    wrong="Alerte erronée",
    unsubscribe="Se désabonner",
    none="inconnu",
)


def labels_for(language: str | None) -> Labels:
    """French words for a French alert, English ones for every other."""
    return FRENCH if language == "fr" else ENGLISH
