"""How well speakers are matched, measured on a set that was labelled by hand."""
