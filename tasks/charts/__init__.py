"""Top lists of a podcast store, polled politely where a setting names some."""
