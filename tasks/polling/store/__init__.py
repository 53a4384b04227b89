"""The database of polling: claims, poll results, the poll log, archive progress."""
