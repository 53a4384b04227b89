"""Questions asked of what we know, each one statement; pages and commands share them."""
