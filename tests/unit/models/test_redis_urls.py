"""The forms of a URL of Valkey or Redis."""

import pytest

from models.redis_urls import celery_url, client_url


@pytest.mark.parametrize(
    ("url", "of_celery", "of_client"),
    [
        ("redis://h/0", "redis://h/0", "redis://h/0"),
        ("valkey://:p@h:1/2", "redis://:p@h:1/2", "redis://:p@h:1/2"),
        ("valkeys://h/0", "rediss://h/0", "rediss://h/0"),
        ("rediss://h/0", "rediss://h/0", "rediss://h/0"),
        ("redis+socket:///s?virtual_host=3", "redis+socket:///s?virtual_host=3", "unix:///s?db=3"),
        ("amqps://u:p@h//", "amqps://u:p@h//", "amqps://u:p@h//"),
    ],
)
def test_url_is_read_by_celery_and_by_the_client(url: str, of_celery: str, of_client: str) -> None:
    assert (celery_url(url), client_url(url)) == (of_celery, of_client)
