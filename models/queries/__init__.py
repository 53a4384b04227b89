"""Read queries, shared by pages, the API, commands and metrics."""
