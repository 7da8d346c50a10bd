"""Serves the bare page in a process of its own."""

from __future__ import annotations

import os
import sys


def main(port: str) -> None:
    """Serve it as the product is served, without a worker."""
    from granian import Granian
    from granian.constants import Interfaces

    os.environ["DJANGO_SETTINGS_MODULE"] = "commonweal.ops.bench.cases.bare_settings"
    Granian(
        "commonweal.interfaces.web.wsgi:application", address="127.0.0.1", port=int(port),
        interface=Interfaces.WSGI, workers=1, blocking_threads=4, log_enabled=False,
    ).serve()  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
