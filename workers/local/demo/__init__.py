"""A small invented podcast world, served on loopback, to show the service without a network.

Its people and texts are made up for Overheard and are in the public domain (CC0 1.0).
"""
