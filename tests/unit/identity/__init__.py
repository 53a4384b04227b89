"""Tests of decisions about who is who."""
