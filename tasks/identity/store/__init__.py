"""Identity decisions, suggestions and audit answers as rows."""
