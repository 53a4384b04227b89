"""Artwork: images of podcasts and episodes, fetched by the server and cached."""
