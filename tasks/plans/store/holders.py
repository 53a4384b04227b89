"""Who may hold a plan, by name: accounts, and keys that belong to none."""

HOLDERS = """
    SELECT 'key:' || id AS holder, name, plan FROM api_key
    UNION ALL SELECT 'account:' || id, name, plan FROM account
"""
