"""Tests: the real clients over real sockets, against the local Slack, a scripted model and a real server."""
