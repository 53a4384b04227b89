"""Plans in the database: metered use, and who has which plan."""
