"""Candidates and mentions: what an episode and its podcast say about who may speak."""
