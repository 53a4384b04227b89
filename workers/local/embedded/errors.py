"""The error of the embedded servers, whose message says what to do."""


class EmbeddedServerError(RuntimeError):
    """An embedded server cannot be started, reached or stopped."""
