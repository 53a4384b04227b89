"""Whether the web process is alive, and whether it can answer questions."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError

from models.database import DatabaseMissing, in_transaction

router = APIRouter(prefix="/health", include_in_schema=False)


@router.get("/live")
def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/ready")
def ready() -> JSONResponse:
    """The database answers too; 503 until it does."""
    try:
        in_transaction(lambda session: session.connection().exec_driver_sql("SELECT 1"))
    except (DBAPIError, DatabaseMissing):
        return JSONResponse({"status": "the database does not answer"}, status_code=503)
    return JSONResponse({"status": "ok"})
