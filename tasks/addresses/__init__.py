"""Addresses of people: whose page a person tag links to, as a hint who somebody is."""
