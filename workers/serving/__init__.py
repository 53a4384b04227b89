"""The HTTP server of the web process: uvicorn, with deadlines and limits of connections."""
