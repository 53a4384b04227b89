"""Claims, poll results, the poll log and archive progress as rows."""
