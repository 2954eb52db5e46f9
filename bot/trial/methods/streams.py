"""chat.startStream, chat.appendStream and chat.stopStream, with the states a stream goes through."""

from bot.trial.arguments import Arguments
from bot.trial.errors import MethodError
from bot.trial.limits import BLOCKS, MARKDOWN, check_blocks, check_chunk
from bot.trial.messages import Message, Stream
from bot.trial.methods.chat import by_bot, check_pictures, existing, thread_of, writable
from bot.trial.methods.content import Content, read_metadata, with_ids
from bot.trial.payloads import message_json
from bot.trial.people import Channel
from bot.trial.site import Dict, Method, Site, find_channel
from bot.trial.tables import check_tables
from bot.trial.workspace import Session

SESSION_STATES = frozenset({"processing", "active", "suspended", "closed"})


def start(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/chat.startStream"""
    channel = writable(site, arguments)
    arguments.needed("thread_ts")
    thread_ts = thread_of(channel, arguments)
    _check_recipient(site, channel, arguments)
    chunks = _read_chunks(arguments)
    ws = site.workspace
    message = by_bot(site, channel, Content(), thread_ts)
    message.stream = Stream(started=ws.clock())
    _write(site, message, chunks)
    ws.live_streams[(channel.id, message.ts)] = message.stream.started + site.stream_life
    ws.sessions.setdefault((channel.id, thread_ts or ""), Session()).status = "processing"
    site.changes.post(channel, message)
    return {"channel": channel.id, "ts": message.ts}


def append(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/chat.appendStream"""
    channel, message, stream = _streamed(site, arguments)
    if stream.state == "stopped_by_user":
        raise MethodError("stopped_by_user")
    if stream.state != "live":
        raise MethodError("message_not_in_streaming_state")
    chunks = _read_chunks(arguments)
    if not chunks:
        raise MethodError("no_text")
    _write(site, message, chunks)
    stream.appends += 1
    site.workspace.touch(channel.id, message.ts)
    return {"channel": channel.id, "ts": message.ts}


def stop(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/chat.stopStream"""
    channel, message, stream = _streamed(site, arguments)
    if stream.state not in {"live", "stopped_by_user"}:
        raise MethodError("message_not_in_streaming_state")
    ws = site.workspace
    chunks = _read_chunks(arguments)
    blocks = arguments.objects("blocks", "invalid_blocks_format") or []
    check_blocks(blocks)
    check_pictures(site, blocks)
    metadata = read_metadata(arguments)
    status = arguments.text("session_status") or "active"
    if status not in SESSION_STATES:
        raise MethodError("invalid_arguments", detail="session_status")
    before = site.changes.before(channel, message)
    _write(site, message, chunks)
    message.raw = [*message.raw, *with_ids(blocks)]
    message.metadata = metadata
    ws.end_stream(channel.id, message.ts, "stopped")
    ws.sessions.setdefault((channel.id, message.thread_ts or ""), Session()).status = status
    site.changes.changed(channel, message, before)
    return {"channel": channel.id, "ts": message.ts, "message": message_json(ws, message)}


def _check_recipient(site: Site, channel: Channel, arguments: Arguments) -> None:
    if channel.kind == "im":
        return
    user = arguments.text("recipient_user_id")
    if not user:
        raise MethodError("missing_recipient_user_id")
    if not arguments.text("recipient_team_id"):
        raise MethodError("missing_recipient_team_id")
    if user not in site.workspace.people:
        raise MethodError("user_not_found")


def _streamed(site: Site, arguments: Arguments) -> tuple[Channel, Message, Stream]:
    channel = find_channel(site, arguments.needed("channel"))
    message = existing(channel, arguments.needed("ts"))
    if message.user != site.workspace.bot:
        raise MethodError("message_not_owned_by_app")
    if not message.stream:
        raise MethodError("message_not_in_streaming_state")
    return channel, message, message.stream


def _read_chunks(arguments: Arguments) -> list[Dict]:
    """The call's chunks, with markdown_text as the first of them."""
    chunks = arguments.objects("chunks", "invalid_chunks") or []
    for chunk in chunks:
        check_chunk(chunk)
    markdown = arguments.text("markdown_text")
    if markdown:
        chunks = [{"type": "markdown_text", "text": markdown}, *chunks]
    if sum(len(chunk["text"]) for chunk in chunks if chunk["type"] == "markdown_text") > MARKDOWN:
        raise MethodError("msg_too_long")
    return chunks


def _write(site: Site, message: Message, chunks: list[Dict]) -> None:
    """Add chunks to the message, all or none."""
    new_blocks = [block for chunk in chunks if chunk["type"] == "blocks" for block in chunk["blocks"]]
    check_blocks(new_blocks)
    old = sum(block["type"] != "markdown" for block in message.raw)
    if len(new_blocks) + old > BLOCKS:
        raise MethodError("msg_blocks_too_many")
    added = "".join(chunk["text"] for chunk in chunks if chunk["type"] == "markdown_text")
    if site.stream_chars is not None and len(message.text) + len(added) > site.stream_chars:
        raise MethodError("msg_too_long")
    if "|" in added:
        check_tables([{"type": "markdown", "text": message.text + added}])
    for chunk in chunks:
        _add(message, chunk)


def _add(message: Message, chunk: Dict) -> None:
    match chunk["type"]:
        case "markdown_text" if chunk["text"]:
            _write_text(message, chunk["text"])
        case "blocks":
            message.raw = [*message.raw, *with_ids(chunk["blocks"])]
        case "task_update" | "plan_update" if message.stream:
            message.stream.tasks[str(chunk.get("id", "plan"))] = chunk
        case _:
            return


def _write_text(message: Message, text: str) -> None:
    """Grow the last markdown block, or begin one; blocks already handed out stay as they are."""
    message.text += text
    kept = message.raw
    if kept and kept[-1]["type"] == "markdown":
        text = kept[-1]["text"] + text
        kept = kept[:-1]
    message.raw = [*kept, {"type": "markdown", "text": text}]


METHODS = {
    "chat.startStream": Method(start, "chat:write"),
    "chat.appendStream": Method(append, "chat:write"),
    "chat.stopStream": Method(stop, "chat:write"),
}
