"""Beat's schedule is read from the sources of the tasks, which beat does not import."""

from workers.schedule import declared_schedule, task_modules


def test_declared_schedule_equals_that_of_the_imported_tasks() -> None:
    imported: dict[str, object] = {}
    for module in task_modules():
        imported |= getattr(module, "SCHEDULE", {})
    assert imported
    assert declared_schedule() == imported
