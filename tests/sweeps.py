"""Every sweep and every purge, as beat's schedule sends them."""

import tasks.auth.tasks
import tasks.jobs.tasks
import tasks.polling.tasks
import tasks.reingest.tasks
import tasks.websub.tasks


def sweep() -> None:
    """Run the sweep of each subject; the one of jobs last, for it publishes."""
    tasks.polling.tasks.sweep()
    tasks.reingest.tasks.sweep()
    tasks.jobs.tasks.sweep()


def purge() -> None:
    """Run the purge of each subject."""
    for subject in (tasks.auth, tasks.jobs, tasks.polling, tasks.reingest, tasks.websub):
        subject.tasks.purge()
