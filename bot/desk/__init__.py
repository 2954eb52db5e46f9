"""App Home: a scientist's own threads and caps, and the moderators' live board."""
