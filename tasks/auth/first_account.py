"""Create the first account in the browser, by the one-time link."""

import structlog

from models.database import database_time, in_transaction
from tasks.auth.store.first_account import create_first_account as create_in

log = structlog.get_logger()


def create_first_account(token: str, name: str, password: str, *, client_ip: str) -> None:
    """Create the first operator, if the token of the link is valid.

    Raises:
        AccountRefused: the link is not valid, or the name or the password is refused.
    """
    in_transaction(lambda s: create_in(s, token, name, password, database_time(s)))
    log.info("first_account_created", account=name, client_ip=client_ip)
