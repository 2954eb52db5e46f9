"""Benchmarks: figures, and a ratio to a baseline run beside them; no build fails by them."""
