"""Artwork: cover images, fetched by the server and cached."""
