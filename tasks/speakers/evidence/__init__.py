"""Evidence about who may speak in an episode."""
