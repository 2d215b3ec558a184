"""Cutting a text at its evidence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worker.dashboard.highlight import Segment, segments
from worker.domain.event import Evidence

TEXT = "Paris 🚗 – Renault réduit sa part de 43% dans Nissan, selon deux sources."


def passage(words: str, role: str = "", text: str = TEXT) -> Evidence:
    start = text.index(words)
    return Evidence("text", start, start + len(words), words, role)


def test_offsets_count_code_points_also_behind_an_emoji() -> None:
    cut = segments(TEXT, [passage("réduit sa part de 43%")])
    assert [piece.text for piece in cut if piece.marked] == ["réduit sa part de 43%"]


def test_roles_inside_a_proof_keep_both() -> None:
    cut = segments(TEXT, [passage("réduit sa part de 43%"), passage("43%", "from_pct")])
    assert Segment("43%", proves=True, roles=("from_pct",)) in cut
    assert Segment("réduit sa part de ", proves=True) in cut


def test_overlapping_evidence_is_cut_where_each_begins_and_ends() -> None:
    cut = segments(TEXT, [passage("Renault réduit sa part"), passage("sa part de 43% dans Nissan")])
    assert [piece.text for piece in cut if piece.marked] == [
        "Renault réduit ",
        "sa part",
        " de 43% dans Nissan",
    ]


def test_what_is_not_in_the_text_is_not_shown_as_proof() -> None:
    wrong = Evidence("text", 0, 5, "Tokyo")
    beyond = Evidence("text", len(TEXT) - 2, len(TEXT) + 3, "s.   ")
    empty = Evidence("text", 3, 3, "")
    assert segments(TEXT, [wrong, beyond, empty]) == [Segment(TEXT)]


def test_evidence_of_the_title_does_not_mark_the_text() -> None:
    title = Evidence("title", 0, 5, "Paris")
    assert segments(TEXT, [title]) == [Segment(TEXT)]
    assert segments(TEXT, [title], field="title")[0] == Segment("Paris", proves=True)


def test_an_empty_text_has_no_segments() -> None:
    assert segments("", []) == []


@given(
    st.text(max_size=60),
    st.lists(
        st.tuples(st.integers(-3, 70), st.integers(-3, 70), st.sampled_from(["", "pct"])),
        max_size=6,
    ),
)
def test_the_segments_always_give_the_text_back(
    text: str, spans: list[tuple[int, int, str]]
) -> None:
    evidence = [Evidence("text", a, b, text[max(a, 0) : max(b, 0)], role) for a, b, role in spans]
    cut = segments(text, evidence)
    assert "".join(piece.text for piece in cut) == text
    assert all(piece.text for piece in cut)
    for piece in evidence:
        if 0 <= piece.start < piece.end <= len(text):
            marked = "".join(part.text for part in cut if part.marked)
            assert piece.text[0] in marked
