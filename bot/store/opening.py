"""Opens the store for a command: the one of REDIS_URL, that of a labjam that runs here, or its files."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from bot.errors import UsageError, WorldError
from bot.settings import Settings
from bot.store.embedded import EmbeddedServer, holder
from bot.store.redis import Store


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Store]:
    """A connected store; UsageError or WorldError says what is wrong with its address."""
    async with AsyncExitStack() as stack:
        url = settings.redis_url or await _own(settings, stack)
        try:
            store = await Store.connect(url)
        except WorldError:
            if settings.redis_url:
                raise
            raise WorldError(
                f"LABJAM_DATA: the labjam that holds {settings.labjam_data} can't be reached. "
                "Try again, or stop it."
            ) from None
        stack.push_async_callback(store.close)
        yield store


async def _own(settings: Settings, stack: AsyncExitStack) -> str:
    """The address of the embedded server, started unless a labjam runs here."""
    folder = settings.labjam_data
    if holder(folder):
        return f"unix://{folder.resolve()}/valkey.sock"
    if not folder.is_dir():
        raise UsageError(f"LABJAM_DATA: there is no folder {folder}. Name labjam's own, or set REDIS_URL.")
    server = EmbeddedServer(folder)
    stack.push_async_callback(server.stop)
    await server.start()
    return server.url
