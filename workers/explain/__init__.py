"""Explanations of the history of an episode, a podcast or a person."""
