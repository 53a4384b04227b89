"""Files of a person whose episodes have titles and words that a program may take for commands."""

import csv
import io

import httpx
import pytest
from lxml import etree

from models.database import in_transaction
from tests.factories import new_episode, spoken, store

FORMULAS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1"),
    *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)"),  # what Excel reads as these signs
    *("\u200b=1", "\ufeff=1", "\u3000\uff1d1"),
)


@pytest.mark.parametrize("formula", FORMULAS, ids=ascii)
def test_no_cell_of_a_csv_file_is_a_formula(client: httpx.Client, formula: str) -> None:
    episode = new_episode(title=f"{formula} title")
    in_transaction(store, episode, spoken(f"Ann Smith: {formula} text"))
    text = client.get("/people/ann-smith/appearances.csv").text
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    for cell in (row["episode"], row["text"]):
        visible = cell.lstrip("\ufeff\u200b \u3000\t\r\n")
        assert visible.startswith(("'", "1", "S")), cell


def test_what_is_no_formula_stays_as_it_is(client: httpx.Client) -> None:
    episode = new_episode(title="1 = 1")
    in_transaction(store, episode, spoken("Ann Smith: so = that"))
    (row,) = csv.DictReader(io.StringIO(client.get("/people/ann-smith/appearances.csv").text))
    assert (row["episode"], row["text"]) == ("1 = 1", "so = that")


@pytest.mark.parametrize("character", ["\uffff", "\ufffe", "\x1b", "\x0b", "\u202e", "\U0001ffff"])
def test_a_feed_of_any_characters_is_xml(client: httpx.Client, character: str) -> None:
    episode = new_episode(title=f"a{character}b")
    in_transaction(store, episode, spoken(f"Ann Smith: one{character}two"))
    feed = etree.fromstring(client.get("/people/ann-smith/feed.atom").content)
    title = feed.findtext(".//{*}entry/{*}title")
    assert title is not None
    assert title.replace(character, "").startswith("ab ")
