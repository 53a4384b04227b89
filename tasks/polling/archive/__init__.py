"""Archive pages of paged and archived feeds (RFC 5005)."""
