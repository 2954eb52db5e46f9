"""Session summaries and thread wrap-ups: threads to notes, notes to claims, each claim with its threads."""
