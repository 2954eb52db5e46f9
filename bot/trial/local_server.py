"""llama.cpp's own server over one weights file: `python -m bot.trial.local_server FILE NAME SLOTS`.

Prints its address, serves until its standard input closes, and so never outlives who started it.
"""

import importlib
import os
import sys
from typing import Any

CONTEXT = 16_384
"""Tokens kept for all slots together."""


def serve(weights: str, name: str, slots: int) -> None:
    """Load the weights and answer OpenAI requests on loopback; RuntimeError where they can't be loaded."""
    runtime: Any = importlib.import_module("xllamacpp")
    params = runtime.CommonParams()
    params.model.path = weights
    params.model_alias = {name}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_parallel = slots
    params.n_ctx = CONTEXT
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = min(8, os.cpu_count() or 1)
    params.ui = False
    params.verbosity = -1
    server = runtime.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    os._exit(0)  # the server's own threads would be waited for
