"""Cover images, fetched through us and cached."""
