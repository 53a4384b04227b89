"""Explanations of what became of an episode, a podcast or a person."""
