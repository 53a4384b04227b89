"""The ledger of decisions: which can be taken, and how they are written and take effect."""
