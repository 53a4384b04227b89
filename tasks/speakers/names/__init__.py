"""Names of people: parsed from labels, compared and displayed."""
