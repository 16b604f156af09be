"""The engine's process: patched MiniStack on loopback. It ends with the process that started it.

`local.cloud.engine` starts it with a pipe as standard input. When the pipe closes, this process ends.
"""

import importlib
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

from local.cloud import engine_patches
from local.cloud.own_origins import only_own_origins
from local.cloud.snapshots import snapshots

SNAPSHOT_EVERY_SECONDS = 2.0


def main() -> None:
    engine_patches.apply(project_root=str(Path(__file__).parents[2]))
    # One line for each service and snapshot would fill the log.
    logging.getLogger("persistence").setLevel(logging.WARNING)
    engine: Any = importlib.import_module("ministack.app")
    threading.Thread(target=_end_with_parent, args=(engine,), name="parent", daemon=True).start()
    sys.argv = sys.argv[:1]
    with snapshots(SNAPSHOT_EVERY_SECONDS):
        engine.app = only_own_origins(engine.app)
        engine.main()


def _end_with_parent(engine: Any) -> None:
    while sys.stdin.buffer.read(1):
        pass
    loop = engine._MAIN_LOOP
    if loop is None:
        os._exit(0)  # it does not serve yet
    loop.call_soon_threadsafe(_save_and_end, engine)


def _save_and_end(engine: Any) -> None:
    """Save everything between two requests, then exit.

    An orderly shutdown of the engine would wait for running functions, which wait for the engine in turn.
    """
    engine.save_all(engine._build_persistence_save_dict())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
