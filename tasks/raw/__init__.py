"""Response bodies as they were fetched, so that everything can be rebuilt offline."""
