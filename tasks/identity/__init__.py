"""Identity: what people decided about who is who, and what follows from it for each speaker."""
