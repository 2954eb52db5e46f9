"""files.getUploadURLExternal, files.completeUploadExternal, files.info, files.delete, and a file's bytes."""

import mimetypes

from bot.trial.arguments import Arguments
from bot.trial.errors import MethodError
from bot.trial.messages import Message
from bot.trial.methods.chat import thread_of
from bot.trial.payloads import full_file_json
from bot.trial.people import Channel, File
from bot.trial.site import Dict, Method, Site, find_channel
from bot.trial.workspace import Workspace

SNIPPET_BYTES = 1_000_000
ALT_TEXT = 1_000
MOST_CHANNELS = 100
"""Slack: https://docs.slack.dev/reference/methods/files.completeUploadExternal"""


def new_file(ws: Workspace, name: str, user: str, content: bytes = b"", mimetype: str | None = None) -> File:
    """Keep a new file; its type is guessed from its name unless given."""
    file = File(
        id=ws.mint_id("F"),
        name=name,
        user=user,
        team=ws.people[user].team,
        mimetype=mimetype or mimetypes.guess_type(name)[0] or "application/octet-stream",
        content=content,
        size=len(content),
        created=int(ws.clock()),
    )
    ws.files[file.id] = file
    return file


def upload_url(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/files.getUploadURLExternal"""
    name, length = arguments.needed("filename"), arguments.number("length", 0)
    if length <= 0:
        raise MethodError("missing_argument")
    if arguments.text("snippet_type") and length > SNIPPET_BYTES:
        raise MethodError("snippet_too_large")
    if len(arguments.text("alt_txt") or "") > ALT_TEXT:
        raise MethodError("alt_txt_too_large")
    file = new_file(site.workspace, name, site.workspace.bot)
    return {"upload_url": f"{site.workspace.app.site}upload/v1/{file.id}", "file_id": file.id}


def complete(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/files.completeUploadExternal"""
    wanted = arguments.objects("files")
    if not wanted:
        raise MethodError("invalid_arguments", detail="missing required field: files")
    files: list[File] = []
    for each in wanted:
        file = site.workspace.files.get(str(each.get("id")))
        if not file or not file.size:
            raise MethodError("file_not_found")
        file.title = each.get("title") or file.name
        files.append(file)
    for channel in _targets(site, arguments):
        _share(site, channel, files, arguments)
    for file in files:
        file.complete, file.known_at = True, site.workspace.clock() + site.file_look
    return {"files": [full_file_json(site.workspace, file) for file in files]}


def info(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/files.info"""
    file = site.workspace.files.get(arguments.needed("file"))
    if not file:
        raise MethodError("file_not_found")
    return {
        "file": full_file_json(site.workspace, file),
        "comments": [],
        "response_metadata": {"next_cursor": ""},
    }


def delete(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/files.delete"""
    file = site.workspace.files.get(arguments.needed("file"))
    if not file:
        raise MethodError("file_not_found")
    if file.user != site.workspace.bot:
        raise MethodError("cant_delete_file")
    del site.workspace.files[file.id]
    return {}


def _targets(site: Site, arguments: Arguments) -> list[Channel]:
    ids = [arguments.text("channel_id") or "", *(arguments.text("channels") or "").split(",")]
    if len(ids) > MOST_CHANNELS + 1:
        raise MethodError("channels_limit_exceeded")
    channels = [find_channel(site, each) for each in dict.fromkeys(ids) if each]
    if any(site.workspace.bot not in channel.members for channel in channels):
        raise MethodError("not_in_channel")
    return channels


def _share(site: Site, channel: Channel, files: list[File], arguments: Arguments) -> None:
    ws = site.workspace
    message = Message(
        channel=channel.id,
        ts=ws.mint_ts(),
        user=ws.bot,
        team=channel.team,
        text=arguments.text("initial_comment") or "",
        thread_ts=thread_of(channel, arguments),
        bot_id=ws.app.bot_id,
        subtype="file_share",
        files=[file.id for file in files],
    )
    for file in files:
        file.channels.append(channel.id)
    site.changes.post(channel, message)


METHODS = {
    "files.getUploadURLExternal": Method(upload_url, "files:write"),
    "files.completeUploadExternal": Method(complete, "files:write"),
    "files.info": Method(info, "files:read"),
    "files.delete": Method(delete, "files:write"),
}
