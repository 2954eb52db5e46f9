"""labjam: an AI jam in Slack, where every question gets one whole, durable answer."""
