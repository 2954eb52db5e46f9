"""conversations.* and users.conversations: channels, their members, history and threads."""

from bisect import bisect_left, bisect_right

from bot.trial.arguments import Arguments
from bot.trial.errors import MethodError
from bot.trial.messages import Message
from bot.trial.methods.paging import limit_of, page, read_cursor, write_cursor
from bot.trial.payloads import channel_json, message_json, root_json
from bot.trial.people import Channel
from bot.trial.site import Dict, Method, Site, find_channel

TYPES = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
LAST = "9999999999.999999"


def replies(site: Site, arguments: Arguments) -> Dict:
    """A thread, oldest first; Slack repeats the parent at the top of every page.

    Slack: https://docs.slack.dev/reference/methods/conversations.replies
    """
    channel = _readable(site, arguments)
    root = channel.messages.get(arguments.text("ts") or "")
    if not root or root.ephemeral_to or (root.deleted and not channel.threads.get(root.ts)):
        raise MethodError("thread_not_found")
    if root.thread_ts and root.thread_ts != root.ts:
        return {"messages": [_shown(site, root, arguments)], "has_more": False}
    order = channel.threads.get(root.ts, [])
    low, high = _span(order, arguments)
    if cursor := read_cursor(arguments):
        low = max(low, bisect_left(order, cursor))
    found = [channel.messages[ts] for ts in order[low:high] if not channel.messages[ts].deleted]
    limit = limit_of(arguments, 1000)
    shown = [_root(site, channel, root, arguments)]
    shown += [_shown(site, message, arguments) for message in found[:limit]]
    return _with_more(shown, found[limit].ts if len(found) > limit else "")


def history(site: Site, arguments: Arguments) -> Dict:
    """A channel's messages without thread replies, newest first.

    Slack: https://docs.slack.dev/reference/methods/conversations.history
    """
    channel = _readable(site, arguments)
    low, high = _span(channel.roots, arguments)
    if cursor := read_cursor(arguments):
        high = min(high, bisect_right(channel.roots, cursor))
    limit = limit_of(arguments, 100)
    found: list[Message] = []
    while high > low and len(found) <= limit:
        high -= 1
        message = channel.messages[channel.roots[high]]
        if not message.deleted:
            found.append(message)
    shown = [_root(site, channel, message, arguments) for message in found[:limit]]
    return _with_more(shown, found[limit].ts if len(found) > limit else "")


def info(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/conversations.info"""
    return {"channel": channel_json(site.workspace, find_channel(site, arguments.needed("channel")))}


def listing(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/conversations.list"""
    return page("channels", _listed(site, arguments), arguments)


def mine(site: Site, arguments: Arguments) -> Dict:
    """The conversations the app's bot is in, or those of `user` that the bot may see.

    Slack: https://docs.slack.dev/reference/methods/users.conversations
    """
    user = arguments.text("user") or site.workspace.bot
    if user not in site.workspace.people:
        raise MethodError("user_not_found")
    return page("channels", _listed(site, arguments, member=user), arguments)


def members(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/conversations.members"""
    return page("members", list(find_channel(site, arguments.needed("channel")).members), arguments)


def opened(site: Site, arguments: Arguments) -> Dict:
    """Open direct messages with one person.

    Slack: https://docs.slack.dev/reference/methods/conversations.open
    """
    if reference := arguments.text("channel"):
        channel = find_channel(site, reference)
    else:
        users = (arguments.text("users") or "").split(",")
        if users == [""]:
            raise MethodError("users_list_not_supplied")
        if len(users) > 1:
            raise MethodError("method_not_supported_for_channel_type")
        if users[0] not in site.workspace.people:
            raise MethodError("user_not_found")
        channel = site.workspace.direct(users[0])
    full = channel_json(site.workspace, channel)
    return {"channel": full if arguments.flag("return_im") else {"id": channel.id}}


def join(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/conversations.join"""
    channel = find_channel(site, arguments.needed("channel"))
    if channel.kind != "channel":
        raise MethodError("method_not_supported_for_channel_type")
    if channel.archived:
        raise MethodError("is_archived")
    site.changes.join(channel, site.workspace.bot)
    return {"channel": channel_json(site.workspace, channel)}


def _readable(site: Site, arguments: Arguments) -> Channel:
    channel = find_channel(site, arguments.needed("channel"))
    if site.workspace.bot not in channel.members:
        raise MethodError("not_in_channel")
    return channel


def _listed(site: Site, arguments: Arguments, *, member: str = "") -> list[Dict]:
    kinds = {TYPES.get(each) for each in (arguments.text("types") or "public_channel").split(",")}
    if None in kinds:
        raise MethodError("invalid_types")
    team = arguments.text("team_id")
    bot, open_only = site.workspace.bot, arguments.flag("exclude_archived")
    return [
        channel_json(site.workspace, channel)
        for channel in site.workspace.channels.values()
        if channel.kind in kinds
        and (bot in channel.members or channel.kind == "channel")
        and (not member or member in channel.members)
        and not (open_only and channel.archived)
        and team in (None, channel.team)
    ]


def _span(order: list[str], arguments: Arguments) -> tuple[int, int]:
    """The slice of `order` between oldest and latest, both exclusive unless asked otherwise."""
    oldest, latest = arguments.text("oldest") or "0", arguments.text("latest") or LAST
    for name, value in (("oldest", oldest), ("latest", latest)):
        if not value.replace(".", "", 1).isdigit():
            raise MethodError(f"invalid_ts_{name}")
    if arguments.flag("inclusive"):
        return bisect_left(order, oldest), bisect_right(order, latest)
    return bisect_right(order, oldest), bisect_left(order, latest)


def _root(site: Site, channel: Channel, message: Message, arguments: Arguments) -> Dict:
    if message.deleted:
        return {
            "type": "message",
            "subtype": "tombstone",
            "text": "This message was deleted.",
            "user": "USLACKBOT",
        } | {
            "ts": message.ts,
            "thread_ts": message.ts,
        }
    return root_json(site.workspace, channel, message) | _metadata(message, arguments)


def _shown(site: Site, message: Message, arguments: Arguments) -> Dict:
    return message_json(site.workspace, message) | _metadata(message, arguments)


def _metadata(message: Message, arguments: Arguments) -> Dict:
    wanted = message.metadata and arguments.flag("include_all_metadata")
    return {"metadata": message.metadata} if wanted else {}


def _with_more(messages: list[Dict], following: str) -> Dict:
    cursor = write_cursor(following) if following else ""
    return {"messages": messages, "has_more": bool(following), "response_metadata": {"next_cursor": cursor}}


METHODS = {
    "conversations.replies": Method(replies, "{kind}:history"),
    "conversations.history": Method(history, "{kind}:history"),
    "conversations.info": Method(info, "{kind}:read"),
    "conversations.list": Method(listing, "channels:read"),
    "users.conversations": Method(mine, "channels:read"),
    "conversations.members": Method(members, "{kind}:read"),
    "conversations.open": Method(opened, "im:write"),
    "conversations.join": Method(join, "channels:join"),
}
