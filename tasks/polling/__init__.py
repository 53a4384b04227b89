"""A feed's way: claim, fetch, classify the response, store, schedule."""
