"""Transcriptions in the database: their parts, what is due, and the switches of podcasts."""
