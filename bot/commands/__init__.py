"""The families of `labjam` commands that work on what is kept; each has `add`."""
