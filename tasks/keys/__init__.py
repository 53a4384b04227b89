"""Keys of the API: made, looked up by their secret, revoked."""
