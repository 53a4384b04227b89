"""Names as written: parsed, compared and displayed."""
