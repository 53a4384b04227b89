"""The database of podcasts: a module for each thing that can be done with them."""
