"""The demo world: two invented podcasts on a loopback server, for use without a network.

People and texts are fictional, and in the public domain (CC0 1.0).
"""
