"""Pages: the back catalogue of feeds that list it on pages of their own (RFC 5005)."""
