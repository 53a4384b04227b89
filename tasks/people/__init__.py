"""People: names as written, the decision who speaks (pure), and the store."""
