"""The web process: pages, the API, WebSub callbacks, health checks and metrics."""
