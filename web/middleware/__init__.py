"""What surrounds every response: access log, errors, security headers."""
