"""Accounts: passwords and waiting (pure), and their rows (store)."""
