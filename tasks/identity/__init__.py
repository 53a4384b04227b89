"""Identity decisions of humans: log, commands, suggestions, review, audit."""
