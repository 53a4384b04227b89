"""The forms of a URL of Valkey or Redis: Celery's and redis-py's differ. Pure."""


def celery_url(url: str) -> str:
    """The URL as Celery reads it, which knows no Valkey."""
    return url.replace("valkey://", "redis://", 1).replace("valkeys://", "rediss://", 1)


def client_url(url: str) -> str:
    """The URL as redis-py reads it: another scheme of sockets, and name of the database."""
    plain = url.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=")
    return celery_url(plain)
