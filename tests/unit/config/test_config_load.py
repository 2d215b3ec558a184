"""What a sound configuration becomes: values, defaults, overrides, references, domain types."""

from __future__ import annotations

from datetime import time, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from worker.config import KnownNames, Listen, Settings, defaults, load, read
from worker.domain.event import Status
from worker.domain.finding import FaultyInput
from worker.shipped import shipped_rules

WHOLE = """
[service]
data_dir = "var"
database_url = ""
broker_url = ""
listen = "127.0.0.1:8765"
public_url = "http://127.0.0.1:8765"
sentry_dsn = ""
rules = []

[network]
allow = []
proxy = ""

[delivery]
timeout = "15s"
retry_waits = ["5s", "30s", "2m", "10m", "1h", "4h", "12h"]
give_up_after = "72h"
sweep_interval = "5s"

[[feeds]]
url = "https://example.org/feed.xml"
name = "Example"
interval = "1h30m"
full_text = false
headers = { Authorization = "env:FEED_TOKEN" }

[[channels]]
name = "desk"
type = "console"

[[channels]]
name = "hook"
type = "webhook"
url = "https://example.org/hook"
secret = "whsec_bm90IGEgcmVhbCBzZWNyZXQgYnV0IGxvbmcgZW5vdWdo"

[[subscriptions]]
channel = "desk"
rules = ["equity-change"]
companies = []
alliances = []
min_status = "negotiating"
min_confidence = 0.75
languages = ["fr"]
delivery = "instant"
digest_at = ["08:00", "18:00"]
quiet_hours = ""
timezone = "Europe/Paris"
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "watch.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_whole_configuration_is_read(tmp_path: Path) -> None:
    settings = load(write(tmp_path, WHOLE), {"FEED_TOKEN": "Bearer hidden"})

    (feed,) = settings.feed_list()
    assert feed.url == "https://example.org/feed.xml"
    assert feed.name == "Example"
    assert feed.interval == timedelta(minutes=90)
    assert feed.headers == {"Authorization": "Bearer hidden"}
    (subscription,) = settings.subscription_list()
    assert subscription.channel == "desk"
    assert subscription.rules == ("equity-change",)
    assert subscription.min_status is Status.NEGOTIATING
    assert subscription.min_confidence == 0.75
    assert subscription.languages == ("fr",)
    assert [channel.name for channel in settings.channels] == ["desk", "hook"]
    assert settings.subscriptions[0].digest_at == (time(8), time(18))
    assert settings.subscriptions[0].quiet_hours is None


def test_the_values_written_out_are_the_defaults(tmp_path: Path) -> None:
    sections = WHOLE[: WHOLE.index("[[feeds]]")]
    assert load(write(tmp_path, sections), {}) == defaults({})


def test_defaults() -> None:
    settings = defaults({})
    assert settings.service.data_dir == Path.cwd() / "var"
    assert settings.service.listen == Listen("127.0.0.1", 8765)
    assert settings.service.public_url == "http://127.0.0.1:8765"
    assert not settings.service.database_url
    policy = settings.retry_policy()
    assert policy.waits[0] == timedelta(seconds=5)
    assert policy.waits[-1] == timedelta(hours=12)
    assert policy.give_up_after == timedelta(hours=72)
    assert settings.delivery.timeout == timedelta(seconds=15)
    assert settings.feed_list() == ()
    assert settings.subscription_list() == ()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        defaults({}).service.data_dir = Path("elsewhere")


def test_secrets_do_not_show_in_a_representation(tmp_path: Path) -> None:
    environ = {
        "FEED_TOKEN": "Bearer hidden-word",
        "ALLIANCE_WATCH_SERVICE__DATABASE_URL": "postgresql+psycopg://u:hidden-word@db/watch",
        "ALLIANCE_WATCH_SERVICE__BROKER_URL": "redis://:hidden-word@cache/0",
        "ALLIANCE_WATCH_NETWORK__PROXY": "http://u:hidden-word@proxy:3128",
    }
    settings = load(write(tmp_path, WHOLE), environ)
    assert settings.service.database_url.get_secret_value().endswith("hidden-word@db/watch")
    assert "hidden-word" not in repr(settings)
    assert "whsec_bm90" not in repr(settings)
    assert "hidden-word" not in settings.model_dump_json()
    assert "hidden-word" not in repr(settings.feed_list())


@pytest.mark.parametrize(
    ("variable", "text", "section", "key", "value"),
    [
        ("SERVICE__LISTEN", "[::1]:9000", "service", "listen", Listen("::1", 9000)),
        ("SERVICE__AUTH", "token", "service", "auth", ("token",)),
        ("NETWORK__ALLOW", "127.0.0.0/8, 10.0.0.0/8", "network", "allow",
         (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"))),
        ("NETWORK__ALLOW", '["127.0.0.0/8"]', "network", "allow", (ip_network("127.0.0.0/8"),)),
        ("NETWORK__ALLOW", "", "network", "allow", ()),
        ("DELIVERY__RETRY_WAITS", "1s,2s", "delivery", "retry_waits",
         (timedelta(seconds=1), timedelta(seconds=2))),
        ("DELIVERY__TIMEOUT", "3s", "delivery", "timeout", timedelta(seconds=3)),
    ],
)  # fmt: skip
def test_a_variable_overrides_a_key(
    tmp_path: Path, variable: str, text: str, section: str, key: str, value: object
) -> None:
    environ = {f"ALLIANCE_WATCH_{variable}": text, "FEED_TOKEN": "x"}
    settings = load(write(tmp_path, WHOLE), environ)
    assert getattr(getattr(settings, section), key) == value


def test_variables_change_and_add_elements_of_lists(tmp_path: Path) -> None:
    environ = {
        "ALLIANCE_WATCH_FEEDS__0__INTERVAL": "5s",
        "ALLIANCE_WATCH_FEEDS__0__HEADERS__X_API_KEY": "k",
        "ALLIANCE_WATCH_FEEDS__1__URL": "https://example.org/second",
        "ALLIANCE_WATCH_FEEDS__1__FULL_TEXT": "false",
        "ALLIANCE_WATCH_SUBSCRIPTIONS__0__MIN_CONFIDENCE": "0.9",
        "FEED_TOKEN": "x",
    }
    settings = load(write(tmp_path, WHOLE), environ)
    first, second = settings.feed_list()
    assert first.interval == timedelta(seconds=5)
    assert first.headers["x-api-key"] == "k"
    assert second.url == "https://example.org/second"
    assert second.name == "example.org"
    assert settings.subscription_list()[0].min_confidence == 0.9


def test_a_variable_can_hold_a_whole_list_of_tables() -> None:
    settings = defaults({"ALLIANCE_WATCH_FEEDS": '[{"url": "https://example.org/a"}]'})
    assert [feed.url for feed in settings.feed_list()] == ["https://example.org/a"]


@pytest.mark.parametrize(
    ("variable", "text", "problem", "mend"),
    [
        ("ALLIANCE_WATCH_SERVICE__LISTN", "x", "no such key", "ALLIANCE_WATCH_SERVICE__LISTEN"),
        ("ALLIANCE_WATCH_LISTEN", "x", "no such key", "keys are named like"),
        ("ALLIANCE_WATCH_CONFIGURE", "{}", "no such key", "keys are named like"),
        ("ALLIANCE_WATCH_CHANNELS__0__TYPE__X", "x", "no such key", "ALLIANCE_WATCH_CHANNELS__0"),
        ("ALLIANCE_WATCH_SERVICE__LISTEN", "here", "expected an IP address", "127.0.0.1:8765"),
        ("ALLIANCE_WATCH_FEEDS__2__URL", "https://a.example/", "only 1 of them", "without gaps"),
        ("ALLIANCE_WATCH_FEEDS", "[", "not JSON", "write JSON"),
        ("ALLIANCE_WATCH_FEEDS__0__HEADERS", "x", "expected a table", "JSON"),
        ("ALLIANCE_WATCH_SERVICE__BROKER_URL", "env:NONE", "NONE is not set", "set NONE"),
    ],
)
def test_a_fault_in_a_variable_names_the_variable(
    tmp_path: Path, variable: str, text: str, problem: str, mend: str
) -> None:
    _, findings = read(write(tmp_path, WHOLE), {variable: text, "FEED_TOKEN": "x"})
    (finding,) = findings
    assert finding.key == variable
    assert finding.file == Path("environment")
    assert problem in finding.problem
    assert mend in finding.mend


def test_variables_of_the_tests_and_of_others_are_left_alone(tmp_path: Path) -> None:
    environ = {"ALLIANCE_WATCH_TEST_DATABASE": "x", "ALLIANCE": "x", "FEED_TOKEN": "x"}
    assert load(write(tmp_path, WHOLE), environ)


def test_a_secret_is_read_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("Bearer from-file\n")
    text = WHOLE.replace("env:FEED_TOKEN", "file:token")
    (feed,) = load(write(tmp_path, text), {}).feed_list()
    assert feed.headers == {"Authorization": "Bearer from-file"}


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"", "is empty"), (b"\xff\xfe", "is not text"), (b"x" * 70_000, "is too large")],
)
def test_a_file_that_cannot_be_a_value_is_a_fault(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    (tmp_path / "token").write_bytes(content)
    text = WHOLE.replace("env:FEED_TOKEN", "file:token")
    _, (finding,) = read(write(tmp_path, text), {})
    assert problem in finding.problem


def test_what_a_reference_gave_is_never_shown(tmp_path: Path) -> None:
    environ = {"SECRET": "hidden-word"}
    text = (
        '[service]\nlisten = "env:SECRET"\nauth = ["env:SECRET"]\n'
        '[delivery]\ntimeout = "env:SECRET"\n'
        '[[channels]]\nname = "env:SECRET"\ntype = "env:SECRET"\n'
        '[[subscriptions]]\nchannel = "env:SECRET"\ntimezone = "env:SECRET"\n'
        'rules = ["env:SECRET"]\n'
    )
    nothing = KnownNames(frozenset(), frozenset(), frozenset())
    _, findings = read(write(tmp_path, text), environ, lambda _: nothing)
    assert len(findings) >= 6
    assert "hidden-word" not in "".join(map(str, findings))


def test_the_configuration_named_by_the_environment_is_read(tmp_path: Path) -> None:
    file = write(tmp_path, '[service]\nlisten = "127.0.0.1:9999"\n')
    settings = load(None, {"ALLIANCE_WATCH_CONFIG": str(file)})
    assert settings.service.listen.port == 9999
    assert settings.service.public_url == "http://127.0.0.1:9999"


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_one_finding(tmp_path: Path, name: str) -> None:
    with pytest.raises(FaultyInput) as caught:
        load(tmp_path / name, {})
    (finding,) = caught.value.findings
    assert "cannot read it" in finding.problem
    assert "--config FILE" in finding.mend


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    assert load(write(tmp_path, '\ufeff[service]\ndata_dir = "x"\n'), {})


def test_rule_folders_are_relative_to_the_file_and_the_data_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etc" / "rules").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    file = write(tmp_path / "etc", '[service]\nrules = ["rules"]\ndata_dir = "data"\n')
    service = load(file, {}).service
    assert service.rules == (tmp_path / "etc" / "rules",)
    assert service.data_dir == tmp_path / "here" / "data"


def test_listening_beyond_loopback_is_allowed_with_auth() -> None:
    environ = {
        "ALLIANCE_WATCH_SERVICE__LISTEN": "0.0.0.0:8765",
        "ALLIANCE_WATCH_SERVICE__AUTH": "token",
    }
    assert not defaults(environ).service.listen.is_loopback


def test_the_id_of_a_subscription_depends_on_what_it_wants_alone(tmp_path: Path) -> None:
    def one(extra: str) -> str:
        text = (
            f'[[channels]]\nname="desk"\ntype="console"\n[[subscriptions]]\nchannel="desk"\n{extra}'
        )
        (subscription,) = load(write(tmp_path, text), {}).subscription_list()
        return subscription.id

    plain = one("")
    assert plain == one("rules = []") == one('min_status = "rumoured"')
    assert one('rules = ["a", "b"]') == one('rules = ["b", "a"]')
    variants = [
        plain,
        one('rules = ["a"]'),
        one('companies = ["a"]'),
        one('alliances = ["a"]'),
        one('languages = ["fr"]'),
        one('min_status = "agreed"'),
        one("min_confidence = 0.6"),
    ]
    assert len(set(variants)) == len(variants)


def test_settings_without_arguments_watch_nothing() -> None:
    assert Settings().feed_list() == ()


def test_the_rules_that_ship_are_found() -> None:
    assert shipped_rules().name == "rules"


def test_names_are_asked_for_the_folders_of_rules_that_are_in_order(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    asked: list[tuple[Path, ...]] = []

    def names(folders: tuple[Path, ...]) -> None:
        asked.append(folders)

    read(write(tmp_path, '[service]\nrules = ["rules"]\nlisten = 3\n'), {}, names)
    assert asked == [(tmp_path / "rules",)]
    read(write(tmp_path, '[service]\nrules = ["rules", "none"]\n'), {}, names)
    assert len(asked) == 1


def test_the_sample_that_ships_is_in_order() -> None:
    settings = load(None, {})
    assert settings.feed_list()
    assert settings.subscription_list()
