"""Liveness and readiness of the web process."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from models.database import DatabaseMissing, database_time, in_transaction
from web.read_transaction import snapshot

router = APIRouter(prefix="/health", include_in_schema=False)


@router.get("/live")
async def live() -> dict[str, str]:
    """Liveness: the process responds."""
    return {"status": "ok"}


@router.get("/ready")
def ready() -> JSONResponse:
    """Readiness: the database responds, and the replica if there is one; 503 until they do."""
    try:
        in_transaction(database_time)
        with snapshot():
            pass
    except (DBAPIError, PoolTimeout, DatabaseMissing):
        away = {"status": "the database does not answer"}
        return JSONResponse(away, status_code=503, headers={"retry-after": "5"})
    return JSONResponse({"status": "ok"})
