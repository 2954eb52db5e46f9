"""What Slack makes of names in a slash command whose manifest says `should_escape`: tokens with ids."""

from bot.trial.visible import escape
from bot.trial.workspace import Workspace


def with_ids(ws: Workspace, text: str) -> str:
    """Turn "@name" and "#channel" into the tokens Slack sends; the longest name that fits is meant.

    Slack: https://docs.slack.dev/interactivity/implementing-slash-commands#creating_commands
    """
    names = {f"@{person.name}": f"<@{person.id}|{person.name}>" for person in ws.people.values()}
    names |= {
        f"#{channel.name}": f"<#{channel.id}|{channel.name}>"
        for channel in ws.channels.values()
        if channel.name
    }
    text = escape(text)
    for name in sorted(names, key=len, reverse=True):
        text = _replaced(text, name, names[name])
    return text


def _replaced(text: str, name: str, token: str) -> str:
    """Put a token for a name, but not inside another token."""
    before, found, after = text.partition(name)
    if not found:
        return text
    if before.count("<") > before.count(">"):
        return before + found + _replaced(after, name, token)
    return before + token + _replaced(after, name, token)
