"""The one error of the embedded servers: a sentence that says what to do."""


class EmbeddedServerError(RuntimeError):
    """An embedded server cannot be started, reached or stopped; the text is for a person."""
