"""Tests of the embedded servers: start, sharing, kills and recovery, as root and others."""
