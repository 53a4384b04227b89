"""Tests of Overheard."""
