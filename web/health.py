"""Liveness and readiness of the web process."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError

from models.database import DatabaseMissing, database_time, in_transaction

router = APIRouter(prefix="/health", include_in_schema=False)


@router.get("/live")
async def live() -> dict[str, str]:
    """Liveness: the process responds."""
    return {"status": "ok"}


@router.get("/ready")
def ready() -> JSONResponse:
    """Readiness: the database responds; 503 until it does."""
    try:
        in_transaction(database_time)
    except (DBAPIError, DatabaseMissing):
        return JSONResponse({"status": "the database does not answer"}, status_code=503)
    return JSONResponse({"status": "ok"})
