"""What can be wrong with an installation: each check says what, where, and what to do."""
