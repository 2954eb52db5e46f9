"""The local workspace: a Slack and a model on loopback, for `labjam try` and for tests."""
