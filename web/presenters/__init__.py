"""Query results, prepared for templates."""
