"""Answers and threads as files to take away: Markdown, LaTeX, a Jupyter notebook."""
