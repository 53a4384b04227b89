"""Hostile documents: whose reading cost, or could cost, far more than their size."""
