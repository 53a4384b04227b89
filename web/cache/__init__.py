"""The cache of query results for pages."""
