"""The Celery worker and beat: signals, heartbeat, metrics, graceful shutdown."""
