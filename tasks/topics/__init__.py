"""Topics, as feeds name them."""
