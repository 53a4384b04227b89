"""Covers: pictures of podcasts and episodes, fetched under limits and kept for a while."""
