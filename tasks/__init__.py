"""Everything that can change what we know: the files are what can happen, the folders how."""
