"""The plans of an operator, from a TOML file. Pure but for reading the file."""

import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from models.settings import get_settings

# Each number with the least that it may be.
_NUMBERS = {"requests_a_month": 1, "requests_a_minute": 1, "results": 1, "hours_heard": 0}
_FLAGS = ("export", "default")


class PlanFileInvalid(ValueError):
    """The file of plans cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a plan allows; None is no limit.

    ``results`` is the most rows of one response, ``export`` whether everything may be copied,
    ``hours_heard`` how much audio a month may be transcribed for podcasts charged to the plan.
    """

    key: str
    name: str
    price: str = ""
    text: str = ""
    requests_a_month: int | None = None
    requests_a_minute: int | None = None
    results: int | None = None
    hours_heard: int | None = None
    export: bool = True
    default: bool = False


@dataclass(frozen=True, slots=True)
class Plans:
    """All plans in the order of the file. Without one, or with an unknown one: the default."""

    all: tuple[Plan, ...]

    @property
    def default(self) -> Plan:
        """The plan of those who have none."""
        return next((plan for plan in self.all if plan.default), self.all[0])

    def of(self, key: str | None) -> Plan:
        """The plan with this key, or the default one."""
        return next((plan for plan in self.all if plan.key == key), self.default)

    def known(self, key: str) -> Plan | None:
        """The plan with this key, if there is one."""
        return next((plan for plan in self.all if plan.key == key), None)


@lru_cache
def plans_of_service() -> Plans | None:
    """The plans of this service, read once in each process; None without a file: no limits.

    Raises:
        PlanFileInvalid: the file cannot be used.
    """
    path = get_settings().plans
    return None if path is None else read_plans(path)


def read_plans(path: Path) -> Plans:
    """The plans in a file; raises `PlanFileInvalid`."""
    try:
        return parse_plans(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PlanFileInvalid(
            f"OVERHEARD_PLANS: {path} cannot be read: {error.strerror}"
        ) from error
    except UnicodeDecodeError as error:
        raise PlanFileInvalid(f"OVERHEARD_PLANS: {path} is not text in UTF-8") from error


def parse_plans(text: str) -> Plans:
    """The plans in a TOML document; raises `PlanFileInvalid`."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanFileInvalid(f"the file of plans is no TOML: {error}") from error
    tables = document.get("plans")
    if not isinstance(tables, dict) or not tables:
        raise PlanFileInvalid("the file of plans has no table [plans.…]")
    plans = tuple(_plan(key, table) for key, table in tables.items())
    if sum(plan.default for plan in plans) > 1:
        raise PlanFileInvalid("only one plan may be the default")
    return Plans(plans)


def _plan(key: str, table: object) -> Plan:
    if not isinstance(table, dict):
        raise PlanFileInvalid(f"[plans.{key}] is no table")
    known = {field.name for field in fields(Plan)} - {"key"}
    if unknown := sorted(set(table) - known):
        raise PlanFileInvalid(f"[plans.{key}] has unknown fields: {', '.join(unknown)}")
    for name, value in table.items():
        _check(key, name, value)
    return Plan(key, table.get("name", key), **{n: v for n, v in table.items() if n != "name"})


def _check(key: str, name: str, value: Any) -> None:
    expected = int if name in _NUMBERS else bool if name in _FLAGS else str
    is_wrong = type(value) is not expected
    if is_wrong or (expected is int and value < _NUMBERS[name]):
        raise PlanFileInvalid(f"{name} of [plans.{key}] must be {_kind(name)}")


def _kind(name: str) -> str:
    """What a field of a plan has to be."""
    if name in _NUMBERS:
        return f"a number from {_NUMBERS[name]}"
    return "true or false" if name in _FLAGS else "text"
