"""Throttle sign-ins after failures, so that guessing a password takes too long. Pure."""

from datetime import timedelta

# Failures without a wait. A whole office may share one IP address, and an attacker may guess at
# anyone's name: so the limit is low only for the pair of both.
FREE_FAILURES = {"pair": 4, "ip": 19, "name": 99}
LONGEST_WAIT = timedelta(minutes=15)
FAILURES_EXPIRE_AFTER = timedelta(hours=24)


def throttle_keys(name_key: str, client_ip: str) -> dict[str, str]:
    """Return the keys under which failures are counted, by kind."""
    return {
        "pair": f"pair:{name_key[:100]}|{client_ip}",
        "ip": f"ip:{client_ip}",
        "name": f"name:{name_key[:100]}",
    }


def wait_after_failures(kind: str, failures: int) -> timedelta | None:
    """Return the wait after this many failures in a row: doubled each time, up to a limit."""
    excess = failures - FREE_FAILURES[kind]
    if excess <= 0:
        return None
    return min(LONGEST_WAIT, timedelta(seconds=2 ** min(excess, 20)))
