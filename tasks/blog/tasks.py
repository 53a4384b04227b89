"""Celery tasks of the blog: publish the digests of periods that are over."""

from celery import shared_task

from models import get_settings
from tasks.blog.publish import publish_due

SCHEDULE = {"overheard.blog.publish_digests": 3600.0}


@shared_task(name="overheard.blog.publish_digests")
def publish_digests() -> None:
    """Publish the digests of weeks, months and years that ended lately."""
    if get_settings().blog_digests:
        publish_due()
