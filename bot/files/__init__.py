"""Files that come with a question, as text and pictures for a model; parsed in a bounded process."""
