"""reactions.add, reactions.remove and reactions.get."""

import re

from bot.trial.arguments import Arguments
from bot.trial.errors import MethodError
from bot.trial.messages import Message
from bot.trial.payloads import message_json
from bot.trial.site import Dict, Method, Site, find_channel

_NAME = re.compile(r"[a-z0-9_+'\-]{1,100}(::skin-tone-[2-6])?")


def add(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/reactions.add"""
    message, name = _item(site, arguments)
    if not site.changes.react(message, site.workspace.bot, name):
        raise MethodError("already_reacted")
    return {}


def remove(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/reactions.remove"""
    message, name = _item(site, arguments)
    if not site.changes.unreact(message, site.workspace.bot, name):
        raise MethodError("no_reaction")
    return {}


def get(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/reactions.get"""
    message = _message(site, arguments)
    return {"type": "message", "channel": message.channel, "message": message_json(site.workspace, message)}


def _item(site: Site, arguments: Arguments) -> tuple[Message, str]:
    name = arguments.needed("name").strip(":")
    if not _NAME.fullmatch(name):
        raise MethodError("invalid_name")
    return _message(site, arguments), name


def _message(site: Site, arguments: Arguments) -> Message:
    channel, ts = arguments.text("channel"), arguments.text("timestamp")
    if not channel or not ts:
        raise MethodError("no_item_specified")
    message = find_channel(site, channel).messages.get(ts)
    if not message or message.deleted:
        raise MethodError("message_not_found")
    return message


METHODS = {
    "reactions.add": Method(add, "reactions:write"),
    "reactions.remove": Method(remove, "reactions:write"),
    "reactions.get": Method(get, "reactions:read"),
}
