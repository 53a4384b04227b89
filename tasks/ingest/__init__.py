"""Ingest, the way of an episode: fetch its transcript, parse, resolve, attribute, count."""
