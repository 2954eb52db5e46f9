"""Models behind OpenAI-compatible endpoints: the protocol and the one client that speaks it."""
