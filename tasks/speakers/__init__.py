"""Who speaks: evidence, resolution, attribution and quarantine."""
