"""An episode's way: fetch its transcript, parse, resolve, attribute, count."""
