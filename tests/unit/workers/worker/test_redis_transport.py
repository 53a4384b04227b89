"""What is a message of kombu's protocol, and what is put aside."""

import json

import pytest

from workers.worker.redis_transport import NoMessage, read_message

MESSAGE = {"body": "W10=", "properties": {"delivery_info": {}, "delivery_tag": "1"}}


def test_message_is_read() -> None:
    assert read_message(json.dumps(MESSAGE).encode()) == MESSAGE


@pytest.mark.parametrize(
    "element",
    [
        b"garbage",
        b"\xff\xfe",
        b"",
        b"[]",
        b"7",
        b"null",
        b"{}",
        json.dumps(MESSAGE).encode()[:-1],
        json.dumps(MESSAGE | {"body": None}).encode(),
        json.dumps(MESSAGE | {"properties": {}}).encode(),
        json.dumps(MESSAGE | {"properties": None}).encode(),
    ],
)
def test_anything_else_is_no_message(element: bytes) -> None:
    with pytest.raises(NoMessage):
        read_message(element)
