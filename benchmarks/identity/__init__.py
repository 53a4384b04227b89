"""How well speakers are named: a set labelled by hand, and the figures of what is stored."""
