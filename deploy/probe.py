"""Tells a container engine whether labjam's web server answers a path with 200: `probe.py /readyz`."""

import http.client
import os
import sys


def main() -> int:
    """Print the answer, which the engine keeps as the reason; 0 where it is 200."""
    host, _, port = os.environ.get("LABJAM_HTTP", "127.0.0.1:8700").rpartition(":")
    # Not urllib, which would ask the proxy that HTTP_PROXY names for our own loopback.
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=4)
    try:
        connection.request("GET", sys.argv[1])
        response = connection.getresponse()
        print(response.read().decode("utf-8", "replace").strip())  # noqa: T201
    except OSError as error:
        print(error)  # noqa: T201
        return 1
    return int(response.status != 200)


if __name__ == "__main__":
    sys.exit(main())
