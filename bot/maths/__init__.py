"""Formulas in a model's text: found, written as Unicode where that says the same, drawn where not."""
