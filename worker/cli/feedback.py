"""`alliance-watch feedback`: what readers think of alerts, as examples for rules."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.moments import parse_moment
from worker.cli.options import ConfigOption, JsonOption, open_store
from worker.cli.show import print_rows

if TYPE_CHECKING:
    from worker.domain.alert import Alert
    from worker.domain.feedback import Feedback

app = typer.Typer(help="What readers think of alerts.", no_args_is_help=True)

SinceOption = Annotated[
    str | None, typer.Option(metavar="TIME", help='From then on: a time, or how long ago ("30d").')
]
# What a rule's example may be held to, besides the roles.
_EXPECTED = ("direction", "from_pct", "to_pct", "pct", "amount")


@app.command("list")
def list_feedback(
    since: SinceOption = None, as_json: JsonOption = False, config: ConfigOption = None
) -> None:
    """List what was said, the newest first."""
    from worker import wiring

    begin = parse_moment(since, wiring.now(), "--since") if since is not None else None
    with open_store(config) as (_, store):
        rows = [
            {
                "said": each.said,
                "opinion": each.opinion.value,
                "reader": each.reader,
                "alert_id": each.alert_id,
                "note": each.note,
            }
            for each in store.feedback(since=begin)
        ]
    columns = ["said", "opinion", "reader", "alert_id", "note"]
    print_rows(rows, columns, as_json=as_json, empty="no feedback")


@app.command()
def export(since: SinceOption = None, config: ConfigOption = None) -> None:
    """Print what readers said as tests to put beside the rules, one list a rule.

    An alert that readers called right becomes a test that expects what it said; one that they
    called wrong becomes a test that expects nothing, to be mended by hand where the rule should
    have said something else. Where readers disagree, the last word counts.
    """
    from ruamel.yaml import YAML

    from worker import wiring

    begin = parse_moment(since, wiring.now(), "--since") if since is not None else None
    with open_store(config) as (_, store):
        judged = store.alerts_with_feedback(begin)
    yaml = YAML()
    yaml.width = 100_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    for rule, tests in _by_rule(judged).items():
        text = io.StringIO()
        yaml.dump({"tests": tests}, text)
        typer.echo(f"# rule: {rule}\n{text.getvalue()}---")
    typer.echo(f"{len(judged)} alerts with feedback", err=True)


def _by_rule(judged: Iterable[tuple[Alert, list[Feedback]]]) -> dict[str, list[dict[str, Any]]]:
    tests: dict[str, list[dict[str, Any]]] = {}
    for alert, said in judged:
        tests.setdefault(alert.event.rule, []).append(example(alert, said))
    return dict(sorted(tests.items()))


def example(alert: Alert, said: list[Feedback]) -> dict[str, Any]:
    """An alert as a test of its rule; `said` is in the order in which it was said."""
    from worker.domain.feedback import Opinion

    item, last = alert.item, said[-1]
    notes = "; ".join(each.note for each in said if each.note)
    name = f"{last.opinion.value} by {len(said)} reader{'s' if len(said) > 1 else ''}, {alert.id}"
    test: dict[str, Any] = {"name": f"{name}: {notes}" if notes else name}
    if alert.language in ("en", "fr"):
        test["language"] = alert.language
    if item.published is not None:
        test["published"] = item.published.date().isoformat()
    test |= {"title": item.title, "text": item.text}
    test["expect"] = _expected(alert) if last.opinion is Opinion.RIGHT else None
    return test


def _expected(alert: Alert) -> dict[str, Any]:
    event = alert.event
    expected: dict[str, Any] = {"status": event.status.value}
    expected |= {
        role: list(value) if isinstance(value, tuple) else value
        for role, value in event.roles.items()
        if value
    }
    for name in _EXPECTED:
        value = getattr(event, name)
        if value is not None:
            expected[name] = value
    return expected
