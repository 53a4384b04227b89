"""Quarantine: what speaks against a name before it is published, rule by rule."""
