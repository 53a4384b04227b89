"""Audio files: download, check, decode, and find speech in them."""
