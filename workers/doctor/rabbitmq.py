"""Checks of RabbitMQ as a broker: reachable, taking messages, and its queues as we declare them."""

import uuid
from collections.abc import Iterator
from typing import Any

from amqp.exceptions import AccessRefused, NotFound, PreconditionFailed
from kombu.connection import Connection

from models.tls import broker_tls
from tasks.http.redaction import scrub
from tasks.jobs.broker import BrokerUnavailable, broker_errors
from workers.celery_app import QUEUES
from workers.doctor.values import Finding, ok, or_ok, problem

SECONDS = 5.0


class _Blocked(Exception):
    """RabbitMQ takes no messages from this connection."""


def check_rabbitmq(url: str) -> Iterator[Finding]:
    """Check a RabbitMQ at a Celery URL; a queue of this connection alone is all that it makes."""
    where = scrub(url)
    try:
        with broker_errors(), _connection(url) as connection:
            connection.ensure_connection(max_retries=1, timeout=SECONDS)
            version = connection.connection.server_properties.get("version", "?")
            yield ok("broker", where, f"responds, RabbitMQ {version}")
            yield from or_ok(
                "broker-queues", where, "they are as declared", _queues(connection, where)
            )
            yield from or_ok("broker-memory", where, "it takes messages", _alarm(connection, where))
    except BrokerUnavailable as error:
        yield problem(
            "broker",
            where,
            f"it cannot be reached: {scrub(str(error))}",
            "check that it runs, its URL, its virtual host, and its password",
        )


def _connection(url: str) -> Connection:
    return Connection(  # type: ignore[no-untyped-call]
        url,
        connect_timeout=SECONDS,
        ssl=broker_tls(url),
        transport_options={
            "read_timeout": SECONDS,
            "write_timeout": SECONDS,
            "on_blocked": _raise_blocked,
        },
    )


def _raise_blocked(reason: str) -> None:
    raise _Blocked(reason)


def _queues(connection: Any, where: str) -> Iterator[Finding]:
    for name in QUEUES:
        try:
            with connection.channel() as channel:
                channel.queue_declare(name, passive=True)
            with connection.channel() as channel:
                arguments = channel.prepare_queue_arguments({}, max_priority=1)
                channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
        except NotFound:
            continue  # no worker has declared it yet
        except PreconditionFailed:
            yield problem(
                "broker-queues",
                where,
                f"the queue {name} was declared with other arguments, and workers cannot use it",
                f"stop the workers, rabbitmqctl delete_queue {name}, and start them: waiting "
                "work is published again",
            )
        except AccessRefused:
            message = f"the user may not use the queue {name}"
            yield problem("broker-queues", where, message, "rabbitmqctl set_permissions")


def _alarm(connection: Any, where: str) -> Iterator[Finding]:
    """A message to a queue of our own: RabbitMQ answers whether an alarm blocks publishers."""
    name = f"doctor.{uuid.uuid4()}"
    try:
        channel = connection.channel()
        channel.queue_declare(name, exclusive=True, auto_delete=True)
        channel.basic_publish(channel.prepare_message(b""), routing_key=name)
        channel.queue_purge(name)
    except _Blocked:
        connection.collect()  # a farewell would not be answered
        yield problem(
            "broker-memory",
            where,
            "it takes no messages: its memory or disk alarm is on",
            "rabbitmq-diagnostics alarms says which; free memory or disk space",
        )
