"""People, speakers, evidence and attributions as rows."""
