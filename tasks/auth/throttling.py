"""Throttle sign-ins after failures, so that guessing a password takes too long. Pure."""

from datetime import timedelta

# Failures without a wait. A whole office may share one IP address, and an attacker may guess at
# anyone's name: so the limit is low only for the pair of both.
FREE_FAILURES = {"pair": 4, "device": 9, "ip": 19, "name": 99}
LONGEST_WAIT = timedelta(minutes=15)
# What strangers can bring about for others. With a long wait, one guess at its end would keep
# everybody else out for as long again; at one in a minute, guessing takes as good as for ever.
LONGEST_SHARED_WAIT = timedelta(minutes=1)
FAILURES_EXPIRE_AFTER = timedelta(hours=24)
# Too few for a wait, so nobody misses them: a flood of names would fill the table.
FEW_FAILURES = FREE_FAILURES["pair"]
FEW_EXPIRE_AFTER = timedelta(hours=1)


def throttle_keys(name_key: str, client_ip: str, device: str | None = None) -> dict[str, str]:
    """Return the keys under which failures are counted, by kind.

    A device in which the right password was typed before counts alone: what others guess does not
    keep it out.
    """
    if device is not None:
        return {"device": f"device:{device}"}
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
    longest = LONGEST_SHARED_WAIT if kind in {"ip", "name"} else LONGEST_WAIT
    return min(longest, timedelta(seconds=2 ** min(excess, 20)))
