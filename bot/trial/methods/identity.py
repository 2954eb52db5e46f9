"""Who is who: auth.*, team.info, bots.info, users.*, usergroups.*, and opening a Socket Mode connection."""

from bot.trial.arguments import Arguments
from bot.trial.errors import MethodError
from bot.trial.methods.paging import page
from bot.trial.payloads import person_json
from bot.trial.site import Dict, Method, Site


def api_test(_: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/api.test"""
    if error := arguments.text("error"):
        raise MethodError(error, args=arguments.values)
    return {"args": arguments.values}


def auth_test(site: Site, _: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/auth.test"""
    ws = site.workspace
    return {
        "url": ws.app.site,
        "team": ws.team.name,
        "user": ws.app.name,
        "team_id": ws.team.id,
        "user_id": ws.bot,
        "bot_id": ws.app.bot_id,
        "is_enterprise_install": False,
    }


def teams(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/auth.teams.list"""
    return page(
        "teams", [{"id": team.id, "name": team.name} for team in site.workspace.teams.values()], arguments
    )


def team_info(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/team.info"""
    team = site.workspace.teams.get(
        arguments.text("team") or arguments.text("team_id") or site.workspace.team.id
    )
    if not team:
        raise MethodError("team_not_found")
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "icon": {}}}


def bot_info(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/bots.info"""
    app = site.workspace.app
    if arguments.text("bot") not in (None, app.bot_id):
        raise MethodError("bot_not_found")
    bot = {"id": app.bot_id, "app_id": app.id, "user_id": app.bot_user, "name": app.name, "deleted": False}
    return {"bot": bot}


def user_info(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/users.info"""
    person = site.workspace.people.get(arguments.needed("user"))
    if not person:
        raise MethodError("user_not_found")
    return {"user": person_json(site.workspace, person)}


def users(site: Site, arguments: Arguments) -> Dict:
    """The members of the app's own teams; Slack leaves external people out.

    Slack: https://docs.slack.dev/reference/methods/users.list
    """
    ws = site.workspace
    local = [person_json(ws, person) for person in ws.people.values() if person.team in ws.teams]
    return page("members", local, arguments, default=1000)


def by_email(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/users.lookupByEmail"""
    email = arguments.needed("email").lower()
    for person in site.workspace.people.values():
        if (person.email or "").lower() == email:
            return {"user": person_json(site.workspace, person)}
    raise MethodError("users_not_found")


def groups(site: Site, _: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/usergroups.list"""
    found = [
        {
            "id": key,
            "team_id": site.workspace.team.id,
            "handle": key.lower(),
            "name": key,
            "user_count": len(users),
        }
        for key, users in site.workspace.groups.items()
    ]
    return {"usergroups": found}


def group_users(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/usergroups.users.list"""
    found = site.workspace.groups.get(arguments.needed("usergroup"))
    if found is None:
        raise MethodError("no_such_subteam")
    return {"users": found}


def open_connection(site: Site, _: Arguments) -> Dict:
    """A WebSocket URL whose ticket is good once.

    Slack: https://docs.slack.dev/reference/methods/apps.connections.open
    """
    address = site.workspace.app.site.replace("http", "ws", 1)
    return {"url": f"{address}link/?ticket={site.sockets.ticket()}&app_id={site.workspace.app.id}"}


def authorizations(site: Site, arguments: Arguments) -> Dict:
    """Slack: https://docs.slack.dev/reference/methods/apps.event.authorizations.list"""
    arguments.needed("event_context")
    ws = site.workspace
    found = [
        {
            "enterprise_id": None,
            "team_id": team,
            "user_id": ws.bot,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        for team in ws.teams
    ]
    return {"authorizations": found}


METHODS = {
    "api.test": Method(api_test, kind="any"),
    "auth.test": Method(auth_test),
    "auth.teams.list": Method(teams),
    "team.info": Method(team_info, "team:read"),
    "bots.info": Method(bot_info, "users:read"),
    "users.info": Method(user_info, "users:read"),
    "users.list": Method(users, "users:read"),
    "users.lookupByEmail": Method(by_email, "users:read.email"),
    "usergroups.list": Method(groups, "usergroups:read"),
    "usergroups.users.list": Method(group_users, "usergroups:read"),
    "apps.connections.open": Method(open_connection, kind="app"),
    "apps.event.authorizations.list": Method(authorizations, kind="app"),
}
