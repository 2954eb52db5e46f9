"""The `labjam` command."""

import argparse
import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from bot.commands import audit, care, export, guard, record, standings
from bot.errors import UsageError, WorldError
from bot.logs import start_logging
from bot.settings import read_settings
from bot.slack.manifest import as_yaml, manifest

T = TypeVar("T")

_SAME_PRESS = 0.5
"""Seconds in which a second SIGINT is the same press of Ctrl-C: some that start us pass it on again."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 well, 1 refused by the world, 2 used wrongly."""
    args = _parser().parse_args(argv)
    try:
        return args.run(args)
    except UsageError as error:
        return _fail(error, 2)
    except WorldError as error:
        return _fail(error, 1)
    except KeyboardInterrupt:  # before anything began that would have to be ended
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="labjam", description="The software of an AI jam in Slack.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, slack, work, says in (
        ("run", True, True, "everything in one process: Slack, workers, web"),
        ("serve", True, False, "Slack and web only; needs REDIS_URL"),
        ("work", False, True, "a worker only; needs REDIS_URL"),
    ):
        command = commands.add_parser(name, help=says, description=says)
        command.set_defaults(run=_process, slack=slack, work=work)
    _add_try(commands)
    check = commands.add_parser("check", help="try every token, scope, channel, model and the store")
    check.set_defaults(run=_check)
    show = commands.add_parser("manifest", help="print the Slack app manifest")
    show.add_argument(
        "--http", metavar="URL", default="", help="the public URL of /slack/events, for HTTP mode"
    )
    show.add_argument("--gov", action="store_true", help="for GovSlack")
    show.set_defaults(run=_manifest)
    export.add(commands)
    record.add(commands)
    standings.add(commands)
    audit.add(commands)
    care.add(commands)
    guard.add(commands)
    return parser


def _add_try(commands: Any) -> None:
    trial = commands.add_parser("try", help="a whole jam in your browser, on this machine, no keys needed")
    trial.add_argument("--port", type=int, default=8701, help="of the page; default 8701")
    trial.add_argument("--labs", metavar="A,B", default="", help="only these labs, such as argonne,idaho")
    trial.add_argument("--no-browser", action="store_true", help="only print the address")
    trial.add_argument("--fresh", action="store_true", help="forget what earlier trials kept")
    trial.add_argument(
        "--model", metavar="WHICH", default="",
        help="local: a small one on this machine, fetched if need be; scripted; or a GGUF file",
    )  # fmt: skip
    trial.add_argument(
        "--seed-crowd", metavar="N", type=int, default=0,
        help="simulated scientists who keep asking, of the scripted model unless --model is given",
    )  # fmt: skip
    trial.add_argument("--slack", action="store_true", help="print the way to a real workspace")
    trial.set_defaults(run=_try)


def _try(args: argparse.Namespace) -> int:
    settings = read_settings()
    if not args.slack:
        print("Starting.", flush=True)  # what comes next takes some seconds on a machine that never read it
    from bot.trial.tryout import Options, guide, try_out  # noqa: PLC0415

    labs = tuple(key.strip().lower() for key in args.labs.split(",") if key.strip())
    if args.slack:
        called = sys.argv[0] if Path(sys.argv[0]).name == "labjam" else "labjam"
        print(guide(settings, labs, called))
        return 0
    start_logging(settings.labjam_log if "labjam_log" in settings.model_fields_set else "warning")
    options = Options(args.port, labs, not args.no_browser, args.fresh, args.model, args.seed_crowd)
    _run(_until_told(lambda stop: try_out(settings, options, stop, lambda line: print(line, flush=True))))
    return 0


def _process(args: argparse.Namespace) -> int:
    from bot.app import Roles, run  # noqa: PLC0415 - `labjam manifest` needs none of its weight

    settings = read_settings()
    start_logging(settings.labjam_log)
    # What is imported stays; what an answer leaves behind is freed without the collector, which
    # looks for cycles every 700 objects otherwise.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)

    _run(_until_told(lambda stop: run(settings, Roles(slack=args.slack, work=args.work), stop)))
    return 0


async def _until_told(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Give it an event that Ctrl-C and SIGTERM set; whoever presses Ctrl-C once more does not wait."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    told_at = 0.0

    def interrupt() -> None:
        nonlocal told_at
        if not stop.is_set():
            told_at = loop.time()
        elif loop.time() - told_at > _SAME_PRESS:  # as safe as kill -9: what counts is stored
            loop.remove_signal_handler(signal.SIGINT)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.raise_signal(signal.SIGINT)
        stop.set()

    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, interrupt)
    await work(stop)


def _check(_: argparse.Namespace) -> int:
    from bot.check import check  # noqa: PLC0415

    start_logging("error")
    return _run(check(read_settings(), print))


def _manifest(args: argparse.Namespace) -> int:
    print(as_yaml(manifest(args.http, gov=args.gov)), end="")
    return 0


def _run(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(work)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    with contextlib.suppress(ImportError):  # there is none for Windows
        import uvloop  # noqa: PLC0415

        return uvloop.new_event_loop
    return None


def _fail(error: Exception, code: int) -> int:
    print(f"labjam: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
