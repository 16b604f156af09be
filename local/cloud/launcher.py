"""The engine's process: MiniStack, mended, on loopback, for as long as the one who started it lives.

Started by `local.cloud.engine`; its standard input is a pipe from there, and when that ends, so does this.
"""

import importlib
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

from local.cloud import engine_patches
from local.cloud.snapshots import snapshots

SNAPSHOT_EVERY_SECONDS = 2.0


def main() -> None:
    engine_patches.apply(project_root=str(Path(__file__).parents[2]))
    # A line a service and snapshot would drown what a reader of the log looks for.
    logging.getLogger("persistence").setLevel(logging.WARNING)
    engine: Any = importlib.import_module("ministack.app")
    threading.Thread(target=_end_with_parent, args=(engine,), name="parent", daemon=True).start()
    sys.argv = sys.argv[:1]
    with snapshots(SNAPSHOT_EVERY_SECONDS):
        engine.main()


def _end_with_parent(engine: Any) -> None:
    while sys.stdin.buffer.read(1):
        pass
    loop = engine._MAIN_LOOP
    if loop is None:
        os._exit(0)  # it serves nobody yet
    loop.call_soon_threadsafe(_save_and_end, engine)


def _save_and_end(engine: Any) -> None:
    """Save all between two requests, and end: by itself the engine would first wait for functions that run.

    Those wait for the engine to answer them, which it then no longer does.
    """
    engine.save_all(engine._build_persistence_save_dict())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
