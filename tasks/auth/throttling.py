"""How long somebody waits after failed sign-ins, so that guessing takes for ever. Pure."""

from datetime import timedelta

# Failures that cost no waiting. One address may serve a whole office, and a name may be somebody
# else's target: locked out are only those who fail often themselves.
FREE_FAILURES = {"pair": 4, "address": 19, "name": 99}
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)


def throttle_keys(name_key: str, address: str) -> dict[str, str]:
    """What failures are counted under, by kind."""
    return {
        "pair": f"pair:{name_key[:100]}|{address}",
        "address": f"address:{address}",
        "name": f"name:{name_key[:100]}",
    }


def wait_after_failures(kind: str, failures: int) -> timedelta | None:
    """How long to wait after that many failures in a row: doubled each time, up to a limit."""
    beyond = failures - FREE_FAILURES[kind]
    if beyond <= 0:
        return None
    return min(LONGEST_WAIT, timedelta(seconds=2 ** min(beyond, 20)))
