"""What Slack starts: every listener, registered by hand; this list is the table of contents."""
