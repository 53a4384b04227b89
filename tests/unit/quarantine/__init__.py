"""Tests of the rules of the quarantine."""
