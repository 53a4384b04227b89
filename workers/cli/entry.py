"""The script `overheard`: health checks start within a fraction of a second, all else in full."""

import sys


def main() -> None:
    """Run a command; a health check without loading what the other commands need.

    With `--ready` it asks the database and the broker, and their errors are told by the rest.
    """
    if sys.argv[1:2] == ["health"] and "--ready" not in sys.argv:
        _check_health()
    else:
        from workers.cli.main import main as run  # noqa: PLC0415  two seconds

        run()


def _check_health() -> None:
    from pydantic import ValidationError  # noqa: PLC0415

    from workers.cli.health import health_app  # noqa: PLC0415
    from workers.cli.setting_errors import end_for_settings  # noqa: PLC0415

    try:
        health_app(args=sys.argv[2:], prog_name="overheard health")
    except ValidationError as error:
        end_for_settings(error)
