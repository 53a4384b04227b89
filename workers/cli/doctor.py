"""The command that checks everything that can be wrong."""

from collections.abc import Iterator

import typer
from rich.text import Text
from sqlalchemy.exc import DBAPIError

from models import get_settings
from models.data_folder import default_data_dir
from models.database import summarize_error
from workers.celery_app import app, celery_settings
from workers.cli.options import Json
from workers.cli.output import console, print_json
from workers.doctor.broker import check_broker
from workers.doctor.database import check_database, schema_is_new
from workers.doctor.limits import check_settings
from workers.doctor.machine import check_machine
from workers.doctor.replica import check_replica
from workers.doctor.search_index import check_index
from workers.doctor.speech import check_speech
from workers.doctor.telemetry import check_telemetry
from workers.doctor.values import Finding, problem
from workers.doctor.work import check_work
from workers.local.index_folder import search_folder
from workers.local.service import service

_STYLES = {"ok": "green", "note": "yellow", "problem": "red"}


def doctor(as_json: Json = False) -> None:
    """Check everything that can be wrong and print what to do about it.

    The exit code is 1 if anything is wrong.
    """
    with service(migrated=False):
        findings = list(_findings())
    if as_json:
        print_json([finding.to_json() for finding in findings])
    else:
        for finding in findings:
            _show(finding)
    raise typer.Exit(int(any(finding.state == "problem" for finding in findings)))


def _findings() -> Iterator[Finding]:
    settings = get_settings()
    embedded = settings.database_url is None or settings.broker_url is None
    yield from check_settings(settings, celery_settings(settings))
    yield from check_machine(settings.data or (default_data_dir() if embedded else None))
    yield from check_index(search_folder())
    yield from check_telemetry()
    yield from check_database()
    yield from check_replica()
    if settings.broker_url is not None:
        yield from check_broker(settings.broker_url.get_secret_value())
    if schema_is_new():
        yield from _work()


def _work() -> Iterator[Finding]:
    try:
        yield from check_work(app)
        yield from check_speech()
    except DBAPIError as error:
        message = f"it failed during the checks: {summarize_error(error)}"
        yield problem(
            "database", "PostgreSQL", message, "see what the checks of the database found"
        )


def _show(finding: Finding) -> None:
    line = Text.assemble(
        (f"{finding.state:7} ", _STYLES[finding.state]),
        (finding.check, "bold"),
        f" ({finding.where}): {finding.message}",
    )
    console.print(line, soft_wrap=not console.is_terminal)
    if finding.advice:
        console.print(Text(f"      do: {finding.advice}"), soft_wrap=not console.is_terminal)
