"""The expected failures of a command: one line on standard error and an exit code for each."""

from dataclasses import dataclass

from kombu.exceptions import OperationalError as BrokerError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from models.database import DatabaseMissing
from models.database.migrate import MigrationBlocked
from tasks.auth.values import AccountRefused
from tasks.http.settings import SettingUnreadable
from workers.celery_app import BrokerMissing
from workers.cli.output import print_error
from workers.local.embedded.errors import EmbeddedServerError

FAILED, WRONG_USE = 1, 2
_WITH_OWN_SENTENCE = (
    EmbeddedServerError,
    DatabaseMissing,
    BrokerMissing,
    MigrationBlocked,
    AccountRefused,
)


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
    if isinstance(error, SettingUnreadable):
        return CommandFailure(WRONG_USE, (f"setting {error}",))
    if isinstance(error, _WITH_OWN_SENTENCE):
        return CommandFailure(FAILED, (str(error),))
    if isinstance(error, DBAPIError):
        first_line = str(error.orig).strip().splitlines()[0]
        return CommandFailure(FAILED, (f"the database: {first_line}",))
    if isinstance(error, BrokerError):
        return CommandFailure(FAILED, (f"the broker: {error}",))
    return None


def _invalid_settings(error: ValidationError) -> list[str]:
    """A line for each setting that is invalid."""
    names = ["_".join(map(str, problem["loc"])).upper() for problem in error.errors()]
    messages = [problem["msg"] for problem in error.errors()]
    return [
        f"setting OVERHEARD_{name}: {message}"
        for name, message in zip(names, messages, strict=True)
    ]
