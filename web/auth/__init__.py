"""Sessions, permissions and protection against cross-site requests."""
