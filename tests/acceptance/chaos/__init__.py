"""The chaos suite: break processes and servers, and compare the tables with a quiet run."""
