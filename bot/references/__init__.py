"""References in answers: recognised, looked up where a deployment allows it, compared by title, marked."""
