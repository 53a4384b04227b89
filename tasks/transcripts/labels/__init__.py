"""Labels of speakers: where they are in a text, and which are valid."""
