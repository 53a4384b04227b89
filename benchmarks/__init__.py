"""Measurements; results are compared by ratios within one run."""
