"""chat.postMessage, chat.update, chat.delete, chat.postEphemeral and chat.getPermalink."""

from bot.trial.arguments import Arguments
from bot.trial.errors import MethodError
from bot.trial.limits import UPDATE_TEXT
from bot.trial.messages import Message
from bot.trial.methods.content import Content, read_content
from bot.trial.payloads import message_json
from bot.trial.people import Channel
from bot.trial.site import Dict, Method, Site, find_channel, require


def post_message(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/chat.postMessage"""
    channel = writable(site, arguments)
    content = read_content(arguments)
    thread_ts = thread_of(channel, arguments)
    check_pictures(site, content.blocks)
    message = by_bot(site, channel, content, thread_ts)
    if name := arguments.text("username"):
        require(site, "chat:write.customize")
        message.username = name
    if thread_ts and arguments.flag("reply_broadcast"):
        message.subtype = "thread_broadcast"
    site.changes.post(channel, message)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(site.workspace, message)}


def update(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/chat.update"""
    channel = find_channel(site, arguments.needed("channel"))
    message = own(site, channel, arguments.needed("ts"), "cant_update_message")
    if message.streaming:
        raise MethodError("streaming_state_conflict")
    content = read_content(arguments, update=True)
    if len(arguments.text("text") or "") > UPDATE_TEXT:
        raise MethodError("msg_too_long")
    check_pictures(site, content.blocks)
    before = site.changes.before(channel, message)
    message.stream = None
    if content.text or content.blocks:
        message.text, message.raw = content.text, content.blocks
    if content.attachments or "attachments" in arguments.values:
        message.attachments = content.attachments
    message.metadata = content.metadata or message.metadata
    message.edits += 1
    if not arguments.values.get("blocks"):
        message.edited = {"user": site.workspace.bot, "ts": site.workspace.mint_ts()}
    site.changes.changed(channel, message, before)
    body = message_json(site.workspace, message)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": body}


def delete(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/chat.delete"""
    channel = find_channel(site, arguments.needed("channel"))
    message = own(site, channel, arguments.needed("ts"), "cant_delete_message")
    site.changes.delete(channel, message)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/chat.postEphemeral"""
    channel = writable(site, arguments)
    user = arguments.needed("user")
    if user not in channel.members:
        raise MethodError("user_not_in_channel")
    content = read_content(arguments)
    message = by_bot(site, channel, content, arguments.text("thread_ts"))
    message.ephemeral_to = user
    site.changes.post(channel, message)
    return {"message_ts": message.ts}


def permalink(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/chat.getPermalink"""
    channel = find_channel(site, arguments.needed("channel"))
    message = existing(channel, arguments.needed("message_ts"))
    link = f"{site.workspace.app.site}archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts and message.thread_ts != message.ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def writable(site: Site, arguments: Arguments) -> Channel:
    """The channel to post into, if the app may."""
    channel = find_channel(site, arguments.needed("channel"))
    if channel.archived:
        raise MethodError("is_archived")
    if site.workspace.bot not in channel.members and "chat:write.public" not in site.workspace.app.scopes:
        raise MethodError("not_in_channel")
    return channel


def thread_of(channel: Channel, arguments: Arguments) -> str | None:
    """The thread to reply in; stricter than Slack, which documents no error for a parent that is gone."""
    thread_ts = arguments.text("thread_ts")
    if not thread_ts:
        return None
    root = channel.messages.get(thread_ts)
    if not root or root.ephemeral_to or (root.deleted and thread_ts not in channel.threads):
        raise MethodError("thread_not_found")
    if root.thread_ts and root.thread_ts != root.ts:
        raise MethodError("cannot_reply_to_message")
    return thread_ts


def check_pictures(site: Site, blocks: list[Dict]) -> None:
    """Refuse a picture whose file Slack does not know, or has not looked at yet."""
    for index, block in enumerate(blocks):
        if block.get("type") == "image" and block.get("slack_file"):
            file = site.workspace.files.get(str(block["slack_file"].get("id")))
            known = file is not None and file.complete and file.known_at <= site.workspace.clock()
            if not file or not known or not file.mimetype.startswith("image/"):
                raise MethodError(
                    "invalid_blocks", detail=f"invalid slack file [json-pointer:/blocks/{index}]"
                )


def existing(channel: Channel, ts: str) -> Message:
    """A message that is there to be seen by all."""
    message = channel.messages.get(ts)
    if not message or message.deleted or message.ephemeral_to:
        raise MethodError("message_not_found")
    return message


def own(site: Site, channel: Channel, ts: str, error: str) -> Message:
    """A message the app itself wrote."""
    message = existing(channel, ts)
    if message.user != site.workspace.bot:
        raise MethodError(error)
    return message


def by_bot(site: Site, channel: Channel, content: Content, thread_ts: str | None) -> Message:
    """A new message of the app, not yet posted."""
    ws = site.workspace
    return Message(
        channel=channel.id,
        ts=ws.mint_ts(),
        user=ws.bot,
        team=channel.team,
        text=content.text,
        raw=content.blocks,
        thread_ts=thread_ts,
        bot_id=ws.app.bot_id,
        attachments=content.attachments,
        metadata=content.metadata,
    )


METHODS = {
    "chat.postMessage": Method(post_message, "chat:write"),
    "chat.update": Method(update, "chat:write"),
    "chat.delete": Method(delete, "chat:write"),
    "chat.postEphemeral": Method(post_ephemeral, "chat:write"),
    "chat.getPermalink": Method(permalink),
}
