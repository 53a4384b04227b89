"""What reading one document may cost: foreign bytes are read in a child process with limits."""
