"""Signing in by the pages: who gets in, what a forged form can do, and what a reader can not."""

import re
from collections.abc import Iterator

import httpx
import pytest

from models import get_settings
from tests.factories import execute, one
from tests.integration.web.accounts import PASSWORD, add_accounts
from web.auth.session import local_path

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _accounts(database: str) -> None:
    del database
    add_accounts()


@pytest.fixture
def other(web_url: str) -> Iterator[httpx.Client]:
    """Another browser."""
    with httpx.Client(base_url=web_url, trust_env=False, timeout=30) as client:
        yield client


def enter(client: httpx.Client, name: str = "Ada", password: str = PASSWORD) -> httpx.Response:
    return client.post("/sign-in", data={"name": name, "password": password, "next": "/account"})


def form_token(client: httpx.Client) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', client.get("/account").text)
    assert found
    return found[1]


def test_who_signs_in_goes_on_to_where_they_wanted(client: httpx.Client) -> None:
    sent_away = client.get("/account")
    assert (sent_away.status_code, sent_away.headers["location"]) == (303, "/sign-in?next=/account")
    entered = enter(client)
    assert (entered.status_code, entered.headers["location"]) == (303, "/account")
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "Ada" in client.get("/account").text
    assert client.get("/sign-in").status_code == 303


def test_over_tls_the_cookie_is_bound_to_the_host(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_PUBLIC_URL", "https://overheard.example")
    get_settings.cache_clear()
    cookie = enter(client).headers["set-cookie"]
    assert cookie.startswith("__Host-overheard_session=")
    assert "secure" in cookie.lower()


def test_wrong_password_is_refused_without_echoing_markup(client: httpx.Client) -> None:
    refused = enter(client, name='"><script>alert(1)</script>', password="wrong wrong wrong")
    assert refused.status_code == 401
    assert "name or the password is wrong" in refused.text
    assert "<script>alert" not in refused.text
    assert "set-cookie" not in refused.headers


def test_a_form_that_another_site_sends_is_refused(client: httpx.Client) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        forged = client.post("/sign-in", data={"name": "Ada"}, headers=headers)
        assert forged.status_code == 403
    ours = {"origin": str(client.base_url).rstrip("/")}
    assert client.post("/sign-in", data={"name": "Ada"}, headers=ours).status_code == 401


@pytest.mark.parametrize("path", ["/sign-out", "/account/sessions/end", "/account/password"])
def test_a_form_without_the_token_of_this_session_does_nothing(
    client: httpx.Client, other: httpx.Client, path: str
) -> None:
    enter(client)
    enter(other)
    for token in ({}, {"form_token": "0" * 64}, {"form_token": form_token(other)}):
        assert client.post(path, data=token).status_code == 403
    assert one("SELECT count(*) FROM account_session") == 2


def test_who_signs_out_is_out_also_with_a_copy_of_the_cookie(
    client: httpx.Client, other: httpx.Client
) -> None:
    enter(client)
    other.cookies.update(client.cookies)
    assert other.get("/account").status_code == 200
    out = client.post("/sign-out", data={"form_token": form_token(client)})
    assert out.status_code == 303
    assert other.get("/account").status_code == 303


def test_a_stolen_session_is_ended_from_another_browser(
    client: httpx.Client, other: httpx.Client
) -> None:
    enter(other)
    enter(client)
    (stolen,) = re.findall(r'action="(/account/sessions/\d+/end)"', client.get("/account").text)
    client.post(stolen, data={"form_token": form_token(client)})
    assert other.get("/account").status_code == 303
    assert client.get("/account").status_code == 200


def test_session_of_another_account_cannot_be_ended(
    client: httpx.Client, other: httpx.Client
) -> None:
    enter(client, "Ada")
    enter(other, "Rita")
    of_ada = one(
        "SELECT s.id FROM account_session s JOIN account a ON a.id = s.account_id "
        "WHERE a.name = 'Ada'"
    )
    other.post(f"/account/sessions/{of_ada}/end", data={"form_token": form_token(other)})
    assert client.get("/account").status_code == 200


def test_a_new_password_by_the_page_signs_the_others_out(
    client: httpx.Client, other: httpx.Client
) -> None:
    enter(client)
    enter(other)
    token = form_token(client)
    new = {"form_token": token, "old": PASSWORD, "new": "a completely new one"}
    assert client.post("/account/password", data=new | {"old": "wrong"}).status_code == 400
    assert "has been changed" in client.post("/account/password", data=new).text
    assert other.get("/account").status_code == 303
    # The device was known by the old password: the browser sends the form again without it.
    again = enter(other, password="a completely new one")
    assert (again.status_code, again.headers["location"]) == (307, "/sign-in")
    assert enter(other, password="a completely new one").status_code == 303


def test_guessing_is_slowed(client: httpx.Client) -> None:
    answers = [enter(client, password=f"guess number {n}").status_code for n in range(5)]
    assert answers == [401] * 5
    # On a busy machine the first wait is over before the next request.
    execute("UPDATE sign_in_failure SET wait_until = wait_until + interval '1 hour'")
    assert enter(client).status_code == 429
    execute("DELETE FROM sign_in_failure")
    assert enter(client).status_code == 303


def test_guesses_of_others_do_not_keep_a_known_device_out(
    client: httpx.Client, other: httpx.Client
) -> None:
    enter(client)
    assert "overheard_device" in client.cookies
    client.cookies.delete("overheard_session")
    for number in range(8):
        enter(other, password=f"guess number {number}")
    execute("UPDATE sign_in_failure SET wait_until = now() + interval '1 hour'")
    assert enter(other).status_code == 429
    assert enter(client).status_code == 303


def test_a_known_device_is_slowed_too_when_it_guesses(client: httpx.Client) -> None:
    enter(client)
    client.cookies.delete("overheard_session")
    statuses = [enter(client, password=f"guess number {n}").status_code for n in range(12)]
    assert statuses[:10] == [401] * 10
    assert 429 in statuses or one("SELECT max(wait_until) IS NOT NULL FROM sign_in_failure")


@pytest.mark.parametrize("forged", ["x", "1.0.0", "1.00.ff", "1.0.\xff", "9" * 3000])
def test_a_forged_device_is_a_stranger(client: httpx.Client, forged: str) -> None:
    cookie = {b"cookie": f"overheard_device={forged}".encode("latin-1")}
    form = {"name": "Ada", "password": PASSWORD}
    answer = client.post("/sign-in", data=form, headers=cookie)
    assert answer.status_code == 307
    assert one("SELECT count(*) FROM account_session") == 0


def test_a_device_of_another_account_is_a_stranger(client: httpx.Client) -> None:
    enter(client, "Rita")
    client.cookies.delete("overheard_session")
    assert enter(client, "Ada").status_code == 307
    assert "overheard_device" not in client.cookies
    assert enter(client, "Ada").status_code == 303


def test_one_guess_now_and_then_keeps_nobody_out(client: httpx.Client) -> None:
    """The failures of a name make its owner wait for a minute at most."""
    execute("INSERT INTO sign_in_failure (key, failures, last_at) VALUES ('name:ada', 5000, now())")
    guess = {"name": "Ada", "password": "a guess"}
    stranger = {"x-forwarded-for": "198.51.100.7"}
    assert client.post("/sign-in", data=guess, headers=stranger).status_code == 401
    assert enter(client).status_code == 429
    left = one("SELECT max(wait_until) - clock_timestamp() FROM sign_in_failure")
    assert left.total_seconds() <= 60
    execute("UPDATE sign_in_failure SET wait_until = now()")
    assert enter(client).status_code == 303


def test_guesses_from_one_ipv6_network_are_counted_together(client: httpx.Client) -> None:
    statuses = [
        client.post(
            "/sign-in",
            data={"name": "Ada", "password": f"guess {number}"},
            headers={"x-forwarded-for": f"2001:db8:1:2::{number:x}"},
        ).status_code
        for number in range(1, 8)
    ]
    assert 429 in statuses or one("SELECT failures FROM sign_in_failure WHERE key LIKE 'pair%'") > 4
    assert one("SELECT count(*) FROM sign_in_failure WHERE key LIKE 'pair:%'") == 1


@pytest.mark.parametrize(
    "place",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        "\t//evil.example",
        "/\nx",
        "evil",
    ],
)
def test_after_signing_in_nobody_is_led_elsewhere(place: str) -> None:
    assert local_path(place) == "/"
    assert local_path("/person/ada?page=2") == "/person/ada?page=2"


def test_a_name_that_no_row_can_hold_is_no_crash(client: httpx.Client) -> None:
    assert enter(client, name="a\0b").status_code in {400, 401}
