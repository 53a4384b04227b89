"""The blog: digests of weeks, months and years, and the operator's own posts."""
