"""The expected failures of a command: one line on standard error and an exit code for each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from models.data_folder import default_data_dir
from models.database import DatabaseMissing
from models.database.encoding import DatabaseNotUtf8
from models.database.migrate import MigrationBlocked, MigrationForbidden
from models.database.service_role import ServiceRoleMissing
from models.database.version import DatabaseTooOld
from models.settings import get_settings
from tasks.auth.values import AccountRefused
from tasks.http.settings import InvalidSetting
from tasks.jobs.broker import BrokerUnavailable
from tasks.plans.plan_file import PlanFileInvalid
from workers.celery_app import BrokerMissing
from workers.cli.output import print_error
from workers.local.embedded.errors import EmbeddedServerError
from workers.local.only_service import AlreadyRunning, running_service
from workers.local.ready import PortInUse

FAILED, WRONG_USE = 1, 2


@dataclass(frozen=True)
class CommandFailure:
    """How a command fails: the lines that say why, and its exit code."""

    exit_code: int
    lines: tuple[str, ...]

    def print(self) -> None:
        """Print the lines in red on standard error."""
        for line in self.lines:
            print_error(f"overheard: {line}", style="red")


def failure_of(error: Exception) -> CommandFailure | None:
    """The failure that an exception means; None when it is a bug."""
    if isinstance(error, ValidationError):
        return CommandFailure(WRONG_USE, tuple(_invalid_settings(error)))
    for kind, (exit_code, sentence) in _EXPECTED.items():
        if isinstance(error, kind):
            return CommandFailure(exit_code, (sentence(error),))
    return None


def _database_sentence(error: DBAPIError) -> str:
    reason = str(error.orig).strip().splitlines()[0]
    return f"the database (OVERHEARD_DATABASE_URL): {reason}"


def _missing_sentence(error: DatabaseMissing | BrokerMissing) -> str:
    """What to set; beside a running `up`, which has servers of its own, that it runs all."""
    data_dir = get_settings().data or default_data_dir()
    if running := running_service(data_dir / "run"):
        return (
            f"already running ({running}): `overheard up` runs all processes with servers of its "
            "own; `overheard down` stops it"
        )
    return str(error)


_EXPECTED: dict[type[Exception], tuple[int, Callable[[Any], str]]] = {
    InvalidSetting: (WRONG_USE, "setting {}".format),
    PlanFileInvalid: (WRONG_USE, "setting {}".format),
    DatabaseNotUtf8: (WRONG_USE, str),
    DatabaseTooOld: (WRONG_USE, str),
    DatabaseMissing: (FAILED, _missing_sentence),
    BrokerMissing: (FAILED, _missing_sentence),
    MigrationBlocked: (FAILED, str),
    MigrationForbidden: (FAILED, str),
    ServiceRoleMissing: (WRONG_USE, str),
    AccountRefused: (FAILED, str),
    EmbeddedServerError: (FAILED, str),
    AlreadyRunning: (FAILED, str),
    PortInUse: (FAILED, str),
    DBAPIError: (FAILED, _database_sentence),
    BrokerUnavailable: (FAILED, "the broker (OVERHEARD_BROKER_URL): {}".format),
}


_PLAIN = {
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be true or false",
}


def _invalid_settings(error: ValidationError) -> list[str]:
    """A line for each setting that is invalid."""
    lines = []
    for problem in error.errors():
        name = "_".join(map(str, problem["loc"])).upper()
        message = _PLAIN.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        lines.append(f"setting OVERHEARD_{name}: {message}")
    return lines
