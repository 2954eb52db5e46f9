"""What `/jam` does: a table of subcommands, who may use each, and how each is asked, done and answered."""
