"""Topics of episodes, from the categories and keywords of feeds."""
