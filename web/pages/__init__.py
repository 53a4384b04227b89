"""The pages that people read, a router for each subject; all over `models/questions/`."""
