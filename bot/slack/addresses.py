"""Addresses of messages in Slack, made without asking it: https://docs.slack.dev/reference/methods/chat.getPermalink"""


def message_address(site: str, channel: str, ts: str, thread_ts: str = "") -> str:
    """Where a message stands; `site` is the workspace's own address, a reply names its thread."""
    below = f"?thread_ts={thread_ts}" if thread_ts else ""
    return f"{site.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}{below}"


def thread_address(site: str, thread: str) -> str:
    """Where a thread ("team:channel:ts") begins."""
    _, channel, ts = thread.split(":")
    return message_address(site, channel, ts)
