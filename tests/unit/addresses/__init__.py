"""Tests of names as written and of the decision who speaks."""
