"""Plans of an operator: what an account or API key may use, and what it has used."""
