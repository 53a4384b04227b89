"""The newest versions of servers that this version of Overheard knows: an older one lacks fixes."""

from collections.abc import Iterator, Mapping

from workers.doctor.values import Finding, note

# By series, as released by September 2026. A series that is not listed is newer, or has ended.
NEWEST: dict[str, Mapping[str, int]] = {
    "PostgreSQL": {"16": 15, "17": 11, "18": 6},
    "Valkey": {"7.2": 13, "8.0": 9, "8.1": 7, "9.0": 5, "9.1": 2},
    "Redis": {"7.2": 16, "7.4": 11, "8.2": 10, "8.4": 6, "8.6": 7, "8.8": 3, "8.10": 2},
}


def check_version(check: str, where: str, server: str, version: str) -> Iterator[Finding]:
    """Find a server that is older than the newest release of its series.

    Args:
        check: the name of the check.
        where: the server that was checked.
        server: its kind, a key of ``NEWEST``.
        version: its version, for instance ``18.4`` or ``9.1.2``.
    """
    series, _, release = version.rpartition(".")
    newest = NEWEST[server].get(series)
    if newest is not None and release.isdecimal() and int(release) < newest:
        yield note(
            check,
            where,
            f"{server} {version} is older than {series}.{newest}, which fixes faults and "
            "vulnerabilities",
            "upgrade it to the newest release of its series (docs/operations.md, Servers)",
        )
