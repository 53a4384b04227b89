"""The chaos suite: processes and servers are broken, and the tables come out as undisturbed."""
