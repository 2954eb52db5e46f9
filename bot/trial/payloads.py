"""The JSON Slack sends: messages, people, channels, files, views, and the events about them."""

from typing import Any
from urllib.parse import quote

from bot.trial.messages import Message
from bot.trial.people import Channel, File, Person, View
from bot.trial.workspace import Workspace

Dict = dict[str, Any]


def bot_profile(ws: Workspace) -> Dict:
    """The bot_profile object of the app's messages."""
    app = ws.app
    return {
        "id": app.bot_id,
        "app_id": app.id,
        "user_id": app.bot_user,
        "name": app.name,
        "team_id": ws.team.id,
    }


def message_json(ws: Workspace, message: Message) -> Dict:
    """A message as conversations.replies and events show it.

    Slack: https://docs.slack.dev/reference/events/message
    """
    body: Dict = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts}
    body["team"] = message.team
    if message.bot_id:
        body["bot_id"] = message.bot_id
        if message.user == ws.bot:
            body |= {"app_id": ws.app.id, "bot_profile": bot_profile(ws)}
    else:
        body["client_msg_id"] = f"local-{message.ts}"
    optional = {
        "subtype": message.subtype,
        "username": message.username,
        "blocks": message.raw,
        "attachments": message.attachments,
        "edited": message.edited,
        "files": [file_json(ws, ws.files[each]) for each in message.files],
        "reactions": [
            {"name": name, "users": users.copy(), "count": len(users)}
            for name, users in message.reactions.items()
        ],
    }
    body |= {name: value for name, value in optional.items() if value}
    if message.thread_ts:
        body["thread_ts"] = message.thread_ts
        if message.parent_user:
            body["parent_user_id"] = message.parent_user
    if message.streaming:
        body["streaming_state"] = "in_progress"
    return body | message.extra


def root_json(ws: Workspace, channel: Channel, message: Message) -> Dict:
    """A message with the thread fields Slack adds to a message that has replies."""
    body = message_json(ws, message)
    replies = ws.replies(channel, message.ts)
    if replies:
        users = list(dict.fromkeys(reply.user for reply in replies))
        body |= {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users": users[:5],
            "reply_users_count": len(users),
            "latest_reply": replies[-1].ts,
            "subscribed": False,
            "is_locked": False,
        }
    return body


def person_json(ws: Workspace, person: Person) -> Dict:
    """A user object; the email only with the scope for it.

    Slack: https://docs.slack.dev/reference/objects/user-object
    """
    profile = {"real_name": person.name, "display_name": person.name, "team": person.team}
    if person.email and "users:read.email" in ws.app.scopes:
        profile["email"] = person.email
    body: Dict = {
        "id": person.id,
        "team_id": person.team,
        "name": person.name,
        "real_name": person.name,
        "deleted": False,
        "tz": person.tz,
        "is_bot": person.is_bot,
        "is_restricted": person.guest,
        "profile": profile,
    }
    if person.team not in ws.teams:
        body["is_stranger"] = False
    if person.id == ws.bot:
        profile |= {"api_app_id": ws.app.id, "bot_id": ws.app.bot_id}
    return body


def channel_json(ws: Workspace, channel: Channel) -> Dict:
    """A conversation object.

    Slack: https://docs.slack.dev/reference/objects/conversation-object
    """
    body: Dict = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.archived,
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_org_shared": False,
        "context_team_id": channel.team,
    }
    if channel.kind == "im":
        return body | {"user": channel.partner, "is_open": True}
    return body | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_private": channel.kind != "channel",
        "is_member": ws.bot in channel.members,
        "is_general": False,
        "is_shared": channel.ext_shared,
        "is_ext_shared": channel.ext_shared,
        "num_members": len(channel.members),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def file_json(ws: Workspace, file: File) -> Dict:
    """A file object; one from another organisation is a stub that needs files.info.

    Slack: https://docs.slack.dev/reference/objects/file-object
    """
    if file.team not in ws.teams:
        return {"id": file.id, "mode": "file_access", "file_access": "check_file_info"}
    return full_file_json(ws, file)


def full_file_json(ws: Workspace, file: File) -> Dict:
    """A file object with its private URLs."""
    url = f"{ws.app.site}files-pri/{file.team}-{file.id}/{quote(file.name)}"
    kind = file.name.rpartition(".")[2].lower() or "text"
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": file.mimetype if file.known_at <= ws.clock() else "",
        "filetype": kind,
        "pretty_type": kind.upper(),
        "user": file.user,
        "user_team": file.team,
        "size": file.size,
        "mode": "hosted",
        "is_external": False,
        "is_public": True,
        "url_private": url,
        "url_private_download": url,
        "permalink": f"{ws.app.site}files/{file.user}/{file.id}/{file.name}",
        "channels": file.channels,
        "file_access": "visible",
    } | ws.file_fields


def view_json(ws: Workspace, view: View) -> Dict:
    """A view object.

    Slack: https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
    """
    defaults: Dict = {"private_metadata": "", "callback_id": "", "external_id": "", "state": {"values": {}}}
    return {
        **defaults,
        **view.body,
        "id": view.id,
        "team_id": view.team,
        "hash": view.hash,
        "root_view_id": view.stack,
        "previous_view_id": view.previous,
        "app_id": ws.app.id,
        "app_installed_team_id": view.team,
        "bot_id": ws.app.bot_id,
    }
