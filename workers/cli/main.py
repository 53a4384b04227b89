"""The `overheard` command: its sub-commands, and how every error becomes one clear line."""

import sys

import typer
from kombu.exceptions import OperationalError as BrokerError
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from models import get_settings
from models.database import DatabaseMissing
from models.database.encoding import DatabaseNotUtf8
from models.database.migrate import MigrationBlocked
from tasks.auth.values import AccountRefused
from tasks.http.settings import InvalidSetting, guard
from tasks.jobs.correlation import correlated, new_correlation_id
from workers.celery_app import BrokerMissing
from workers.cli import accounts, health, keys, podping, processes, queues, review, web
from workers.cli import feeds as looking
from workers.cli import index as search
from workers.cli import jobs as work
from workers.cli import podcasts as feeds
from workers.cli import reingest as requests
from workers.cli import show as reading
from workers.cli.demo import demo
from workers.cli.doctor import doctor
from workers.cli.explain import explain
from workers.cli.logs import logs
from workers.cli.output import errors
from workers.cli.people import people_app
from workers.cli.setting_errors import end_for_settings
from workers.local.embedded.errors import EmbeddedServerError
from workers.logging.configure import configure_logs

cli = typer.Typer(
    help="Who said what, on which podcast: follows podcasts and keeps exact counts of who spoke.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for command, name in (
    (feeds.add, "add"),
    (feeds.import_opml, "import"),
    (feeds.export_opml, "export-opml"),
    (feeds.remove_podcast, "remove"),
    (feeds.pause_podcast, "pause"),
    (feeds.resume_podcast, "resume"),
    (feeds.merge, "merge"),
    (feeds.unmerge, "unmerge"),
    (work.ingest, "ingest"),
    (requests.reingest, "reingest"),
    (requests.requests, "requests"),
    (requests.request, "request"),
    (work.recount, "recount"),
    (reading.person, "person"),
    (reading.speakers, "speakers"),
    (reading.speech, "speech"),
    (reading.podcasts, "podcasts"),
    (reading.episodes, "episodes"),
    (looking.feeds, "feeds"),
    (looking.feed, "feed"),
    (podping.podping, "podping"),
    (reading.status, "status"),
    (explain, "explain"),
    (review.audit, "audit"),
    (logs, "logs"),
    (doctor, "doctor"),
    (processes.up, "up"),
    (processes.down, "down"),
    (processes.worker, "worker"),
    (processes.beat, "beat"),
    (web.web, "web"),
    (processes.migrate, "migrate"),
    (demo, "demo"),
):
    cli.command(name)(command)
cli.add_typer(people_app, name="people")
cli.add_typer(review.review_app, name="review")
cli.add_typer(review.ledger_app, name="ledger")
cli.add_typer(work.jobs_app, name="jobs")
cli.add_typer(search.search_app, name="search")
cli.add_typer(keys.key_app, name="key")
cli.add_typer(queues.queue_app, name="queue")
cli.add_typer(health.health_app, name="health")
cli.add_typer(accounts.account_app, name="account")

# What can go wrong outside of us, and how it is said; anything else is a bug and shows itself.
_SAID = (EmbeddedServerError, DatabaseMissing, BrokerMissing, MigrationBlocked, AccountRefused)


def main() -> None:
    """Run a command: exit code 1 for failed work, 2 for wrong use, one line for what is wrong."""
    try:
        configure_logs(least="error")
        guard(get_settings())  # or a worker would find out at each of its tasks
        with correlated(new_correlation_id("command")):
            cli()
    except ValidationError as error:
        end_for_settings(error)
    except InvalidSetting as error:
        _say(f"setting {error}")
        sys.exit(2)
    except DatabaseNotUtf8 as error:
        _say(str(error))
        sys.exit(2)
    except _SAID as error:
        _say(str(error))
        sys.exit(1)
    except DBAPIError as error:
        _say(f"the database: {str(error.orig).strip().splitlines()[0]}")
        sys.exit(1)
    except BrokerError as error:
        _say(f"the broker: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _say(text: str) -> None:
    errors.print(f"overheard: {text}", style="red", markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
