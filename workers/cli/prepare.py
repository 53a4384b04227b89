"""What a command sets up before it runs: logs and a correlation id."""

from collections.abc import Iterator
from contextlib import contextmanager

from tasks.jobs.correlation import correlated, new_correlation_id
from workers.logging.configure import configure_logs


@contextmanager
def prepared() -> Iterator[None]:
    """Log errors only, and give everything that the command causes one correlation id."""
    configure_logs(least="error")
    with correlated(new_correlation_id("command")):
        yield
