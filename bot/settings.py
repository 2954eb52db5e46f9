"""The environment, read once: every variable labjam obeys, with its default and its meaning."""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import UsageError


class Settings(BaseSettings):
    """All settings of a deployment; secrets never show in a repr."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    slack_bot_token: SecretStr = Field(default=SecretStr(""), description="xoxb-…, from OAuth & Permissions")
    slack_app_token: SecretStr = Field(default=SecretStr(""), description="xapp-…, for Socket Mode")
    slack_signing_secret: SecretStr = Field(default=SecretStr(""), description="for HTTP mode")
    slack_api_url: str = Field(
        default="https://slack.com/api/", description="GovSlack: https://slack-gov.com/api/"
    )
    openai_api_key: SecretStr = Field(default=SecretStr(""), description="for the default model")
    openai_base_url: str = Field(default="", description="an OpenAI-compatible endpoint; unset: OpenAI's own")
    labjam_model: str = Field(default="", description="the default model's id at that endpoint")
    redis_url: str = Field(default="", description="unset: an embedded server under LABJAM_DATA")
    labjam_data: Path = Field(
        default=Path(".labjam"), description="where the embedded server's files and the archive are kept"
    )
    labjam_config: Path | None = Field(
        default=None, description="models and lab settings; labjam.toml if there"
    )
    labjam_prompts: Path | None = Field(default=None, description="a folder laid over the packaged prompts/")
    labjam_http: str = Field(default="127.0.0.1:8700", description="host:port of the web server")
    labjam_slack_rate_factor: float = Field(
        default=1.0,
        gt=0,
        allow_inf_nan=False,
        description="multiplies Slack's documented rates, for a workspace that was granted more",
    )
    labjam_log: str = Field(default="info", description="debug, info, warning or error")

    @field_validator("slack_api_url")
    @classmethod
    def _closed_by_slash(cls, url: str) -> str:
        if not url.startswith(("https://", "http://")):
            raise ValueError("must begin with https://")
        return url.rstrip("/") + "/"

    @field_validator("labjam_http")
    @classmethod
    def _host_and_port(cls, address: str) -> str:
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise ValueError("must be host:port, such as 127.0.0.1:8700")
        return address

    @field_validator("labjam_log")
    @classmethod
    def _a_level(cls, level: str) -> str:
        if level.lower() not in {"debug", "info", "warning", "error"}:
            raise ValueError("must be debug, info, warning or error")
        return level.lower()

    @property
    def http_address(self) -> tuple[str, int]:
        """Host and port of the web server."""
        host, _, port = self.labjam_http.rpartition(":")
        return host.strip("[]"), int(port)


def read_settings() -> Settings:
    """Read the environment; UsageError names the first variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise UsageError(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None
