"""Servers that are older than the newest release of their series are noted."""

import pytest

from workers.doctor.versions import NEWEST, check_version


def messages(server: str, version: str) -> list[str]:
    found = list(check_version("some-version", "there", server, version))
    assert all(
        (each.state, each.check, each.where) == ("note", "some-version", "there") for each in found
    )
    return [each.message for each in found]


@pytest.mark.parametrize(
    ("server", "version", "newest"),
    [
        ("PostgreSQL", "16.2", "16.15"),
        ("PostgreSQL", "18.0", "18.6"),
        ("Valkey", "9.1.1", "9.1.2"),
        ("Redis", "7.2.4", "7.2.16"),
        ("Redis", "8.10.0", "8.10.2"),
    ],
)
def test_a_server_older_than_its_series_is_noted(server: str, version: str, newest: str) -> None:
    (message,) = messages(server, version)
    assert f"{server} {version} is older than {newest}," in message


@pytest.mark.parametrize(
    ("server", "version"),
    [
        ("PostgreSQL", "18.6"),
        ("PostgreSQL", "18.60"),
        ("PostgreSQL", "99.0"),
        ("Valkey", "10.0.0"),
        ("Redis", "255.255.255"),
        ("Redis", "8.2.x"),
        ("Redis", "unstable"),
    ],
)
def test_a_server_as_new_or_of_an_unknown_series_is_not(server: str, version: str) -> None:
    assert messages(server, version) == []


def test_the_series_that_compose_starts_are_known() -> None:
    assert "18" in NEWEST["PostgreSQL"]
    assert any(series.startswith("9.") for series in NEWEST["Valkey"])
