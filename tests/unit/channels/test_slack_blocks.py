from __future__ import annotations

from tests.support.factories import (
    hostile_alert,
    make_alert,
    make_event,
    make_item,
    make_notice,
    make_update,
)
from tests.support.hostile import any_hostile_text
from tests.support.slack import faults_of, links_of, texts_of
from worker.channels.slack_blocks import escape, message
from worker.channels.view import view_of
from worker.domain.alert import Alert
from worker.domain.event import Evidence


def payload_of(alert: Alert) -> dict[str, object]:
    return message(view_of(make_notice(alert)))


def test_escapes_exactly_three_characters() -> None:
    assert escape("<@U1> & \"'`*_~ &amp;") == "&lt;@U1&gt; &amp; \"'`*_~ &amp;amp;"


def test_says_what_happened_and_links_to_item_and_alert() -> None:
    alert = make_update()
    payload = payload_of(alert)
    assert faults_of(payload) == []
    blocks = payload["blocks"]
    assert isinstance(blocks, list)
    assert blocks[0] == {
        "type": "header",
        "text": {"type": "plain_text", "text": alert.headline, "emoji": False},
    }
    texts = texts_of(payload)
    assert "Stake after: 24% → 15%" in texts
    assert "Expected: April 2026 → 6 April 2026" in texts
    for label, value in (
        ("Parties: ", "Nissan, Mitsubishi Motors"),
        ("Stake before: ", "34%"),
        ("Status: ", "agreed"),
        ("According to: ", "two people close to the matter"),
    ):
        assert texts[texts.index(label) + 1] == value
    assert alert.event.evidence[0].text in texts
    assert texts[-1].startswith("Example Wire · Nissan to cut")
    assert links_of(payload) == [
        "https://wire.example/items/1?a=1&b=2",
        f"http://127.0.0.1:8765/alerts/{alert.id}",
    ]
    assert payload["text"] == alert.headline


def test_speaks_french_to_french_alerts() -> None:
    texts = texts_of(payload_of(make_update(language="fr")))
    assert "Ce qui change" in texts
    assert "Part après\u00a0: 24\u202f% → 15\u202f%" in texts
    assert "Lire la dépêche" in texts


def test_a_first_report_says_so() -> None:
    assert "First report of this story" in texts_of(payload_of(make_alert()))


def test_a_long_headline_is_cut_visibly_and_told_in_full_below() -> None:
    headline = "Nissan & Renault " * 20
    texts = texts_of(payload_of(make_alert(headline=headline)))
    assert texts[0].endswith("…")
    assert headline.strip() in texts


def test_evidence_beyond_three_passages_is_counted() -> None:
    text = "One passage. Two passage. Three passage. Four passage. Five passage."
    item = make_item(text=text)
    evidence = tuple(Evidence("text", start, start + 5, f"p {start}") for start in range(0, 50, 10))
    texts = texts_of(payload_of(make_alert(item=item, event=make_event(evidence=evidence))))
    assert "2 more passages in the alert" in texts


def test_a_feed_cannot_make_a_link() -> None:
    alert = make_alert(title="see https://evil.example", url="javascript:alert(1)")
    payload = payload_of(alert)
    assert links_of(payload) == [f"http://127.0.0.1:8765/alerts/{alert.id}"]
    assert "https://evil" not in str(payload)


@any_hostile_text
def test_hostile_text_never_gets_out_of_its_place(text: str) -> None:
    alert = hostile_alert(text)
    payload = payload_of(alert)
    assert faults_of(payload) == []
    assert all(link.startswith(("http://", "https://")) for link in links_of(payload))
    for shown in (*texts_of(payload), str(payload["text"])):
        assert "<!" not in shown
        assert "<@" not in shown
        assert "@channel" not in shown
        assert "https://" not in shown
        assert "\n" not in shown or shown in texts_of(payload)
