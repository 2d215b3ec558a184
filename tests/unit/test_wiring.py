"""What a configuration comes to: addresses, folders, secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker import wiring
from worker.config import Settings, load
from worker.scrub import MASK


def settings_in(folder: Path, text: str = "", **environment: str) -> Settings:
    path = folder / "watch.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environment)


@pytest.mark.parametrize("name", ["plain", "a?1", "a%20b", "with space", "café#2", "x" * 120])
def test_a_data_directory_of_any_name_holds_its_own_database(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    settings = settings_in(tmp_path, ALLIANCE_WATCH_SERVICE__DATA_DIR=str(folder))
    store = wiring.open_store(settings)
    store.upgrade()
    store.close()
    assert (folder / "alliance-watch.db").is_file()
    assert folder.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_used_is_said_with_the_mend(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for path in (file, file / "below"):
        settings = settings_in(tmp_path, ALLIANCE_WATCH_SERVICE__DATA_DIR=str(path))
        with pytest.raises(
            wiring.CannotStart, match=r"cannot be used .*: set \[service\] data_dir"
        ):
            wiring.open_store(settings)


def test_every_secret_of_the_configuration_is_known_to_the_scrubber(tmp_path: Path) -> None:
    settings = settings_in(
        tmp_path,
        """
        [service]
        database_url = "postgresql+psycopg://desk:pass-of-db@db/watch"
        [[feeds]]
        url = "https://wire.example/feed"
        headers = { Authorization = "Token word-of-feed" }
        [[channels]]
        name = "desk"
        type = "slack"
        url = "https://hooks.example/services/T1/B1/path-of-hook"
        """,
    )
    scrubber = wiring.scrubber(settings)
    for secret in (
        "pass-of-db",
        "Token word-of-feed",
        "https://hooks.example/services/T1/B1/path-of-hook",
    ):
        assert secret not in scrubber.text(f"it says {secret} here")
        assert MASK in scrubber.text(f"it says {secret} here")
