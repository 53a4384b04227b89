"""The contents page of tasks/ and the app's own list of tasks."""

import tasks
from models import get_settings
from scripts.contents_page import PAGE, contents
from workers.celery_app import app
from workers.schedule import beat_schedule


def test_contents_page_is_generated_from_the_tasks() -> None:
    assert PAGE.read_text(encoding="utf-8") == contents(), "run python -m scripts.contents_page"


def test_task_is_named_after_its_subject_and_function() -> None:
    ours = {name: task for name, task in app.tasks.items() if name.startswith("overheard.")}
    for name, task in ours.items():
        subject = task.__module__.removeprefix("tasks.").removesuffix(".tasks")
        assert name == f"overheard.{subject}.{task.__name__}"


def test_schedule_names_only_tasks_that_exist(broker_url: str) -> None:
    app.conf.broker_url = broker_url
    app.loader.import_default_modules()
    assert beat_schedule(get_settings()).keys() <= app.tasks.keys()


def test_tasks_has_no_loose_file() -> None:
    folder = PAGE.parent
    assert [p.name for p in folder.iterdir() if p.is_file()] == ["__init__.py"]
    assert tasks.__doc__
