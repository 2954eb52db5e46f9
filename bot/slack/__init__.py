"""Slack's side: payloads in, calls out, and what Slack allows; nobody else imports its client."""
