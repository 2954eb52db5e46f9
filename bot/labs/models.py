"""Which models and endpoints there are: labjam.toml's, and the one of OPENAI_BASE_URL and LABJAM_MODEL."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from urllib.parse import urlsplit

from bot.errors import UsageError
from bot.labs.files import Source, key_path
from bot.labs.tables import AuthTable, ConfigTable, EndpointTable, ModelTable, PricesTable
from bot.labs.values import allowed, base_url
from bot.llm.model import Auth, Endpoint, ModelSpec, Prices
from bot.settings import Settings

DEFAULT = "default"
"""The model that LABJAM_MODEL names, unless labjam.toml has a `[models.default]`."""

OPENAI = "https://api.openai.com/v1"


def read_models(config: ConfigTable, file: str, settings: Settings) -> dict[str, ModelSpec]:
    """Make every model that is configured; `file` is labjam.toml's path, which error lines name."""
    endpoints = _endpoints(config, file)
    environment = _environment_endpoint(settings)
    if environment.name in endpoints:
        key = key_path("endpoints", environment.name)
        raise UsageError(f"{file}: {key}: the endpoint of OPENAI_BASE_URL has this name; choose another")
    endpoints[environment.name] = environment
    tables = dict(config.models)
    if settings.labjam_model:
        tables.setdefault(DEFAULT, ModelTable())
    specs: dict[str, ModelSpec] = {}
    for key, table in tables.items():
        source = Source(file, key_path("models", key) + ".")
        endpoint = _endpoint_of(key, table, endpoints, source) or environment
        specs[key] = _model(key, table, endpoint, _id(key, table, settings, source))
    return specs


def check_token(spec: ModelSpec, settings: Settings, environ: Mapping[str, str]) -> None:
    """Raise UsageError where the variable that should hold a model's token is not set."""
    variable = spec.endpoint.auth.env
    if not variable or environ.get(variable):
        return
    if variable != "OPENAI_API_KEY":
        raise UsageError(f"{variable}: not set. It must hold the token of endpoint {spec.endpoint.name}")
    if not settings.openai_api_key.get_secret_value():
        raise UsageError(f"{variable}: not set. Set it, or set OPENAI_BASE_URL to an endpoint without a key")


def _environment_endpoint(settings: Settings) -> Endpoint:
    # Named by its host, so that a lab bound to it does not follow OPENAI_BASE_URL elsewhere unnoticed (P7).
    try:
        url = base_url(settings.openai_base_url or OPENAI)
    except ValueError as error:
        raise UsageError(f"OPENAI_BASE_URL: {error}") from None
    keyless = bool(settings.openai_base_url) and not settings.openai_api_key.get_secret_value()
    auth = Auth("none") if keyless else Auth("bearer", env="OPENAI_API_KEY")
    return Endpoint(urlsplit(url).netloc.lower(), url, auth)


def _endpoints(config: ConfigTable, file: str) -> dict[str, Endpoint]:
    """Those of `[endpoints.…]`, and one by a model's own name for each model with a base_url."""
    folder = Path(file).parent
    endpoints = {key: _endpoint(key, table, folder) for key, table in config.endpoints.items()}
    for key, table in config.models.items():
        if table.base_url and key in endpoints:
            what = f"there is an [endpoints.{key}] already; write endpoint = {key!r} instead".replace(
                "'", '"'
            )
            raise UsageError(f"{file}: {key_path('models', key)}.base_url: {what}")
        if table.base_url:
            own = EndpointTable(base_url=table.base_url, auth=table.auth, headers=table.headers or {})
            endpoints[key] = _endpoint(key, own, folder)
    return endpoints


def _endpoint(key: str, table: EndpointTable, folder: Path) -> Endpoint:
    return Endpoint(key, table.base_url, _auth(table.auth, folder), tuple(table.headers.items()))


def _auth(table: AuthTable | None, folder: Path) -> Auth:
    if table is None:
        return Auth("none")
    # A relative path means: beside labjam.toml.
    file = str(folder / Path(table.file).expanduser()) if table.file else ""
    return Auth(table.scheme, table.env, file, table.command)


def _endpoint_of(
    key: str, table: ModelTable, endpoints: Mapping[str, Endpoint], source: Source
) -> Endpoint | None:
    wanted = key if table.base_url else table.endpoint
    if wanted and wanted not in endpoints:
        raise source.wrong("endpoint", f"unknown endpoint; {allowed(sorted(endpoints), wanted)}", wanted)
    return endpoints[wanted] if wanted else None


def _id(key: str, table: ModelTable, settings: Settings, source: Source) -> str:
    found = table.id or (settings.labjam_model if key == DEFAULT else "")
    if not found:
        raise source.wrong("id", "missing; it is the model's name at its endpoint")
    return found


def _model(name: str, table: ModelTable, endpoint: Endpoint, id_: str) -> ModelSpec:
    api = table.api or ("responses" if endpoint.base_url == OPENAI else "chat")
    own = {"name", "id", "endpoint", "api", "prices"}
    # The other fields have one name in both, so that a new one can't be forgotten here.
    same = {field.name: getattr(table, field.name) for field in fields(ModelSpec) if field.name not in own}
    return ModelSpec(name, id_, endpoint, api, **same, prices=_prices(table.prices))


def _prices(table: PricesTable | None) -> Prices | None:
    if table is None:
        return None
    cached = table.input if table.cached is None else table.cached
    return Prices(table.input, table.output, cached)
