"""The commands `read …`: what we make of a transcript, a feed, an OPML file or a label."""
