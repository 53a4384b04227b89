"""HTTP: one guarded client for feeds, transcripts, hubs and artwork."""
