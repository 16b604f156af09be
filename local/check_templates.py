"""Checks for ``make check``: the workflows against the published grammar, the template with cdk-nag."""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from local import node

ROOT = Path(__file__).parents[1]
STATE_MACHINES = sorted((ROOT / "infra").glob("*.asl.json"))
# `${Name}` is replaced at deployment.
TOKEN = re.compile(r"\$\{[A-Za-z]+\}")


def main() -> int:
    return max(_state_machines(), _template())


def _state_machines() -> int:
    """Check each workflow with asl-validator, with an ARN in place of every token."""
    with tempfile.TemporaryDirectory() as scratch:
        command: list[Path | str] = [ROOT / "node_modules/.bin/asl-validator"]
        for source in STATE_MACHINES:
            text = TOKEN.sub("arn:aws:lambda:eu-central-1:123456789012:function:named", source.read_text())
            json.loads(text)
            copy = Path(scratch) / source.name
            copy.write_text(text)
            command += ["--json-path", copy]
        return subprocess.run(command, env=node.environment(), check=False).returncode


def _template() -> int:
    """Synthesise the template as for AWS. A finding of cdk-nag fails the synthesis."""
    with tempfile.TemporaryDirectory() as scratch:
        app = f"{sys.executable} app.py"
        command: list[str | Path] = [ROOT / "node_modules/.bin/cdk", "synth", "--quiet", "--strict"]
        # The rules examine only the template, so the bundles' libraries are not needed.
        command += ["--app", app, "--output", scratch, "--context", "libraries=left-out"]
        return subprocess.run(command, cwd=ROOT, env=node.environment(), check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
