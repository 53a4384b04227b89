"""Evidence of who may speak on an episode."""
