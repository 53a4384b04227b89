"""The API for programs: the same questions as the pages, as JSON, under ``/api/v1``."""
