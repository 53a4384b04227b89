"""Tests of when to look at a feed again."""
