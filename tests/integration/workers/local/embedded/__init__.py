"""The embedded servers: started, shared, killed and found again, as root and as others."""
