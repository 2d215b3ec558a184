"""The benchmark's own arithmetic and its way of writing figures down; nothing is measured here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import bench, punctual, texts
from benchmarks.report import Section, data, figure, markdown, percentile, show
from worker.store import Store

MACHINE = {
    "cores": 2, "processor": "P", "memory_gib": 4.0, "system": "Linux", "python": "3.11",
    "versions": {"spacy": "3"}, "load_at_start": 0.1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 50), (0.99, 99), (0.0, 1), (1.0, 100), (0.501, 51)]
)
def test_percentiles_are_values_that_were_measured(share: float, expected: int) -> None:
    assert percentile([float(n) for n in range(100, 0, -1)], share) == expected


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (0.12345, "0.123"), (12.345, "12.3"), (1234.5, "1,234"), (99.99, "100")],
)
def test_figures_claim_no_more_than_was_measured(value: float, shown: str) -> None:
    assert figure(value) == shown


def section() -> Section:
    made = Section("one", "One", about="How.")
    made.add("speed", 1234.5, "items/s", "10 items")
    return made


def test_a_section_that_failed_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def good(section: Section, quick: bool) -> None:
        section.add("speed", 1.0, "items/s")

    def bad(section: Section, quick: bool) -> None:
        raise RuntimeError("the service has ended")

    monkeypatch.setattr(bench, "SECTIONS", {"bad": ("Bad", bad), "good": ("Good", good)})
    assert bench.main(["--only", "good"]) == 0
    assert bench.main([]) == 1


def test_plain_output_and_markdown_hold_the_figures(tmp_path: Path) -> None:
    failed = Section("two", "Two", failed="RuntimeError: away")
    skipped = Section("three", "Three", skipped="not here")
    with (tmp_path / "out").open("w") as file:
        console = Console(file=file)
        for each in (section(), failed, skipped):
            show(console, each)
    out = (tmp_path / "out").read_text()
    assert "1,234 items/s" in out.replace("  ", " ")
    assert "Two: failed: RuntimeError: away" in out
    assert "Three: skipped: not here" in out
    assert "\x1b" not in out
    text = markdown([section(), failed, skipped])
    assert "| speed | 1,234 items/s | 10 items |" in text
    assert "Failed: RuntimeError: away." in text
    assert (
        json.loads(json.dumps(data([section()], MACHINE)))["sections"][0]["rows"][0]["value"]
        == 1234.5
    )


def test_writing_replaces_the_figures_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# Title\n\n{bench.BEGIN}\nold\n{bench.END}\n\nProse.\n")
    bench.write(page, MACHINE, [section()])
    first = page.read_text()
    bench.write(page, MACHINE, [section()])
    assert page.read_text() == first
    assert first.startswith(f"# Title\n\n{bench.BEGIN}\n\nMachine: 2 cores")
    assert first.endswith(f"{bench.END}\n\nProse.\n")
    assert "old" not in first
    page.write_text("no marks")
    with pytest.raises(ValueError, match="marks"):
        bench.write(page, MACHINE, [section()])


def test_the_page_has_its_marks() -> None:
    text = bench.PAGE.read_text(encoding="utf-8")
    assert text.count(bench.BEGIN) == text.count(bench.END) == 1


@pytest.mark.parametrize("extra", [["--quick"], ["--only", "classify"]])
def test_only_whole_runs_are_written_down(extra: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        bench.main(["--write", *extra])
    assert left.value.code == 2


def test_deals_are_all_different() -> None:
    deals = texts.deals(3000)
    assert len({deal.key for deal in deals}) == 3000
    assert len({deal.title for deal in deals}) == 3000


def test_pages_of_texts_share_nothing() -> None:
    news = texts.noise()[:7]
    pages = [texts.page(news, number, 5) for number in range(4)]
    keys = [text.key for page in pages for text in page]
    assert len(set(keys)) == 20


def test_simulated_polls_are_on_time(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'simulated.db'}")
    store.upgrade()
    late, seconds, _ = punctual.simulate(store, 200, 0.5)
    store.close()
    assert len(late) > 20
    assert max(late) < 10
    assert seconds.total() == len(late)
