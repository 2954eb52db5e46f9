"""assistant.threads.* and agents.sessions.*: status lines, titles, suggested prompts and sessions."""

from typing import Any, cast

from bot.trial.arguments import Arguments
from bot.trial.errors import MethodError
from bot.trial.methods.streams import SESSION_STATES
from bot.trial.people import Channel
from bot.trial.site import Dict, Method, Site, find_channel
from bot.trial.workspace import STATUS_LIFE, Session, Status

MOST_LOADING = 10
MOST_PROMPTS = 4
TITLE = 200


def set_status(site: Site, arguments: Arguments) -> Dict:
    """Show or clear a thread's status line, and bridge it to the session's state.

    Slack: https://docs.slack.dev/reference/methods/assistant.threads.setStatus
    """
    channel = _member_of(site, arguments)
    thread_ts = _thread(channel, arguments)
    text = arguments.text("status") or ""
    loading: Any = arguments.values.get("loading_messages") or []
    if not isinstance(loading, list) or len(cast("list[Any]", loading)) > MOST_LOADING:
        raise MethodError("invalid_arguments", detail="loading_messages")
    ws = site.workspace
    key = (channel.id, thread_ts)
    if text:
        ws.statuses[key] = Status(
            text, ws.clock() + STATUS_LIFE, [str(each) for each in cast("list[Any]", loading)]
        )
    else:
        ws.statuses.pop(key, None)
    ws.sessions.setdefault(key, Session()).status = "processing" if text else "active"
    return {}


def set_title(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/assistant.threads.setTitle"""
    channel = _member_of(site, arguments)
    session = site.workspace.sessions.setdefault((channel.id, _thread(channel, arguments)), Session())
    session.title = arguments.needed("title")
    return {}


def set_prompts(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts"""
    channel = _member_of(site, arguments)
    prompts = arguments.objects("prompts") or []
    if not 1 <= len(prompts) <= MOST_PROMPTS or not all(
        each.get("title") and each.get("message") for each in prompts
    ):
        raise MethodError("invalid_arguments", detail=f"prompts: 1 to {MOST_PROMPTS} of title and message")
    site.workspace.prompts[(channel.id, arguments.text("thread_ts") or "")] = prompts
    return {}


def session_status(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/agents.sessions.setStatus"""
    channel = _member_of(site, arguments)
    status = arguments.needed("status")
    if status not in SESSION_STATES:
        raise MethodError("invalid_arguments", detail="status")
    key = (channel.id, arguments.text("thread_ts") or "")
    session = site.workspace.sessions.setdefault(key, Session())
    session.status = status
    if "title" in arguments.values:
        session.title = _title(arguments)
    if status != "processing":
        site.workspace.statuses.pop(key, None)
    return {"session": {"channel_id": key[0], "thread_ts": key[1], "status": status, "title": session.title}}


def rename(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/agents.sessions.rename"""
    channel = _member_of(site, arguments)
    session = site.workspace.sessions.get((channel.id, arguments.text("thread_ts") or ""))
    if not session:
        raise MethodError("session_not_found")
    session.title = _title(arguments)
    return {}


def _title(arguments: Arguments) -> str:
    title = arguments.needed("title")
    if len(title) > TITLE:
        raise MethodError("invalid_arguments", detail=f"title over {TITLE}")
    return title


def _member_of(site: Site, arguments: Arguments) -> Channel:
    channel = find_channel(site, arguments.needed("channel_id"))
    if site.workspace.bot not in channel.members:
        raise MethodError("not_in_channel")
    return channel


def _thread(channel: Channel, arguments: Arguments) -> str:
    thread_ts = arguments.needed("thread_ts")
    if thread_ts not in channel.messages:
        raise MethodError("invalid_thread_ts")
    return thread_ts


METHODS = {
    "assistant.threads.setStatus": Method(set_status, "chat:write"),
    "assistant.threads.setTitle": Method(set_title, "assistant:write"),
    "assistant.threads.setSuggestedPrompts": Method(set_prompts, "assistant:write"),
    "agents.sessions.setStatus": Method(session_status, "chat:write"),
    "agents.sessions.rename": Method(rename, "chat:write"),
}
