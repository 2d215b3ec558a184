"""From a file and the environment to settings, or to everything that is wrong with them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from worker.config import schema
from worker.config.crosschecks import KnownNames, Sound, check_names, cross_check
from worker.config.environment import CONFIG_VARIABLE, apply_overrides, resolve_references
from worker.config.faults import report_errors
from worker.config.settings import ServiceSettings, Settings
from worker.config.source import ENVIRONMENT, Source
from worker.config.toml_positions import Path, positions
from worker.config.values import Listen
from worker.domain.finding import FaultyInput, Finding
from worker.shipped import shipped_sample

LooksUpNames = Callable[[tuple[FilePath, ...]], KnownNames | None]


def load(path: FilePath | None, environ: Mapping[str, str]) -> Settings:
    """The settings of a file with the overrides of the environment.

    Without a path: the file that `ALLIANCE_WATCH_CONFIG` names, else the sample that ships with
    the service. Raises FaultyInput with every finding.
    """
    settings, findings = read(path, environ)
    if settings is None or findings:
        raise FaultyInput(findings)
    return settings


def defaults(environ: Mapping[str, str]) -> Settings:
    """The settings without any file: defaults and the overrides of the environment.

    Raises FaultyInput with every finding.
    """
    source = Source(ENVIRONMENT)
    settings = _settle(source, environ, None)
    if settings is None:
        raise FaultyInput(tuple(source.findings))
    return settings


def config_path(path: FilePath | None, environ: Mapping[str, str]) -> FilePath:
    """Which file `load` reads."""
    if path is not None:
        return path
    named = environ.get(CONFIG_VARIABLE)
    return FilePath(named) if named else shipped_sample() / "watch.toml"


def read(
    path: FilePath | None, environ: Mapping[str, str], names: LooksUpNames | None = None
) -> tuple[Settings | None, tuple[Finding, ...]]:
    """As `load`, but gives the findings back; the settings are `None` when there are any.

    `names` is asked, if the folders of rules are in order, what names those rules know, and the
    subscriptions are held against its answer. It gets no folders for the rules that ship.
    """
    source = Source(config_path(path, environ))
    try:
        text = source.file.read_bytes().decode("utf-8-sig")
        source.data = tomllib.loads(text)
        source.positions = positions(text)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        mend = "name a configuration with --config FILE or ALLIANCE_WATCH_CONFIG"
        return None, (Finding(source.file, 0, "", f"cannot read it: {reason}", mend),)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return None, (Finding(source.file, line, "", "not UTF-8", "save the file as UTF-8"),)
    except tomllib.TOMLDecodeError as error:
        return None, (_syntax_fault(source.file, text, str(error)),)
    settings = _settle(source, environ, names)
    return settings, tuple(sorted(source.findings))


def _syntax_fault(file: FilePath, text: str, message: str) -> Finding:
    place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    problem = message[: place.start()] if place else message
    line = int(place[1]) if place and place[1] else text.count("\n") + 1
    mends = {
        "Cannot overwrite a value": "give each key once, and repeat a section only as [[section]]",
        "Cannot declare": "give each section once; lists of sections are [[section]]",
        "Invalid value": 'write texts between quotes: key = "…"',
        "Expected '=' after a key": 'write key = "value", one a line',
    }
    mend = next((mends[start] for start in mends if problem.startswith(start)), "")
    return Finding(file, line, "", f"not TOML: {problem}", mend or "see https://toml.io/en/v1.0.0")


def _settle(
    source: Source, environ: Mapping[str, str], names: LooksUpNames | None
) -> Settings | None:
    """Everything that can be found out after the syntax is known to be right."""
    apply_overrides(source, environ)
    resolve_references(source, environ)
    sound = Sound()
    for section in source.data:
        if section not in schema.SECTIONS:
            source.report(
                (section,), "no such section", schema.did_you_mean(section, schema.SECTIONS)
            )
    for section, model in schema.TABLES.items():
        _table(source, section, model, sound)
    for section in schema.LISTS:
        _elements(source, section, sound)
    cross_check(source, sound)
    service = sound.tables.get(("service",))
    if (
        names is not None
        and isinstance(service, ServiceSettings)
        and not source.has_faults(("service", "rules"))
    ):
        known = names(service.rules)
        if known is not None:
            check_names(source, sound, known)
    if source.findings:
        return None
    parts: dict[str, Any] = {section: sound.tables[(section,)] for section in schema.TABLES}
    for section in schema.LISTS:
        parts[section] = tuple(t for path, t in sound.tables.items() if path[0] == section)
    return Settings(**parts)


def _table(source: Source, section: str, model: type[BaseModel], sound: Sound) -> None:
    value = source.data.get(section, {})
    if isinstance(value, list):
        source.report((section,), "expected one table", f"write [{section}], in single brackets")
    elif not isinstance(value, dict):
        source.report((section,), "expected a table", f"write [{section}] above its keys")
    else:
        _validate(source, (section,), value, TypeAdapter(model), sound)


def _elements(source: Source, section: str, sound: Sound) -> None:
    value = source.data.get(section, [])
    if not isinstance(value, list):
        source.report(
            (section,), "expected a list of tables", f"write [[{section}]], in double brackets"
        )
        return
    for position, element in enumerate(value):
        path: Path = (section, position)
        if isinstance(element, dict):
            _validate(source, path, element, schema.element_adapter(section), sound)
        else:
            source.report(path, "expected a table", f"write [[{section}]] above its keys")


def _validate(
    source: Source, path: Path, values: dict[str, Any], model: TypeAdapter[Any], sound: Sound
) -> None:
    """Note the faults of one table; keep it, or what remains of it without its faulty keys."""
    try:
        table = model.validate_python(values)
    except ValidationError as error:
        faulty = report_errors(source, path, error)
        sound.faulty |= faulty
        rest = {key: value for key, value in values.items() if (*path, key) not in faulty}
        try:
            table = model.validate_python(rest)
        except ValidationError:
            return  # a key that must be there is missing: nothing to go on with
    sound.tables[path] = _anchored(source, table) if isinstance(table, ServiceSettings) else table


def _anchored(source: Source, service: ServiceSettings) -> ServiceSettings:
    """With whole paths, and with a public address that follows `listen` unless it is given."""
    rules_from_variable = ("service", "rules") in source.variables or source.file == ENVIRONMENT
    base = FilePath.cwd() if rules_from_variable else source.file.parent.absolute()
    update: dict[str, object] = {
        "data_dir": FilePath.cwd() / service.data_dir,
        "rules": tuple(base / folder for folder in service.rules),
    }
    if "public_url" not in service.model_fields_set:
        host = service.listen.host
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not bound here
        update["public_url"] = f"http://{Listen(here, service.listen.port)}"
    return service.model_copy(update=update)
