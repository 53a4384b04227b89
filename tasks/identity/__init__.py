"""Identity decisions by humans: decision log, suggestions, review, audit."""
