"""Accounts, sessions and API keys as rows."""
