"""Tells what became of an episode, a podcast or a person, in sentences; pure, from the facts."""
