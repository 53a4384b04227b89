"""What a command sets up before it runs: logs and a correlation id."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from models.misspelt import misspelt_variables
from tasks.jobs.correlation import correlated, new_correlation_id
from workers.cli.output import print_error
from workers.logging.configure import configure_logs


@contextmanager
def prepared() -> Iterator[None]:
    """Log errors only, and give everything that the command causes one correlation id."""
    configure_logs(least="error")
    for sentence in misspelt_variables(os.environ):
        print_error(f"overheard: {sentence}")
    with correlated(new_correlation_id("command")):
        yield
