"""Tests of workers/backup."""
