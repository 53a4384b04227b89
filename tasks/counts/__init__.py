"""The stored counts of people, podcasts and days, and their verification."""
