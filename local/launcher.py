"""The engine's process: MiniStack, mended, on loopback, for as long as the one who started it lives.

Started by `local.engine`; its standard input is a pipe from there, and when that ends, so does this.
"""

import logging
import os
import signal
import sys
import threading
import traceback
from pathlib import Path

from local import mendings
from local.snapshots import snapshots

SNAPSHOT_EVERY_SECONDS = 2.0


def main() -> None:
    mendings.apply(project_root=str(Path(__file__).parents[1]))
    # A line a service and snapshot would drown what a reader of the log looks for.
    logging.getLogger("persistence").setLevel(logging.WARNING)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    from ministack.app import main as serve

    sys.argv = sys.argv[:1]
    status = 1
    try:
        with snapshots(SNAPSHOT_EVERY_SECONDS):
            serve()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        # All is saved. Tasks that wait for a callback sleep on threads that an ordinary end would wait for.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
