"""Makes a function's bundle from its folder, ``shared``, ``config`` and its libraries, without Docker."""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "bundles"
PYTHON_VERSION = "3.13"
PLATFORM = "aarch64-manylinux_2_28"
"""The wheels that Lambda's python3.13 on Graviton loads."""
PIP_PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
"""The same platform for pip, which needs every older name of it as well."""
UNUSED = ("__pycache__", "bin", "tests")
"""Folders of libraries that no function uses."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder to be zipped. The same content gives the same digest."""

    folder: Path
    digest: str
    """SHA-256 of the bundle's content; the asset hash for the CDK."""
    code_version: str
    """SHA-256 of our own source in the bundle. Events name it as the code that decided."""


def bundle(function: str, with_libraries: bool, config: Path | None = None) -> Bundle:
    """Make the bundle of ``functions/<function>``, or reuse one with the same content.

    ``config``: a folder of policies and profiles in place of the project's own.
    """
    sources = source_files(function, config)
    code_version = digest_of(sources)
    parts = [code_version]
    if with_libraries:
        parts += [PLATFORM, PYTHON_VERSION, *UNUSED, requirements(function).read_text()]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    folder = BUILD / f"{function}-{digest[:16]}"
    if not folder.is_dir():
        BUILD.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=BUILD))
        unfinished.chmod(0o755)
        if with_libraries:
            _install(requirements(function), unfinished)
        _copy(sources, unfinished)
        try:
            unfinished.rename(folder)
        except OSError:
            # Another synthesis has made the same folder meanwhile.
            shutil.rmtree(unfinished)
    return Bundle(folder, digest, code_version)


def requirements(function: str) -> Path:
    """The requirements file with the folder's pinned and hashed libraries."""
    return ROOT / "requirements" / "functions" / f"{function}.txt"


def source_files(function: str, config: Path | None = None) -> dict[str, Path]:
    """Our files that the function needs, by their name in the bundle, in a fixed order."""
    found: dict[str, Path] = {}
    for part in ("config", "functions/__init__.py", f"functions/{function}", "shared"):
        start = config if part == "config" and config is not None else ROOT / part
        inside = [start] if start.is_file() else start.rglob("*")
        names = {(Path(part) / path.relative_to(start)).as_posix(): path for path in inside}
        for name, path in sorted(names.items()):
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
                found[name] = path
    return found


def digest_of(files: Mapping[str, Path]) -> str:
    """SHA-256 over names and contents."""
    total = hashlib.sha256()
    for name, path in files.items():
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{name}\0{content}\n".encode())
    return total.hexdigest()


def _copy(files: Mapping[str, Path], target: Path) -> None:
    for name, path in files.items():
        destination = target / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, destination)


def _install(pins: Path, target: Path) -> None:
    """Install the pinned wheels for Lambda's platform, on any machine."""
    chosen = ["--quiet", "--require-hashes", "--only-binary", ":all:", "--python-version", PYTHON_VERSION]
    tools = ROOT / ".venv-tools" / "bin"
    uv = [str(tools / "uv"), "pip", "install", *chosen, "--python-platform", PLATFORM]
    # pip may be configured with mirrors that uv does not know, so pip is the second attempt.
    pip = [str(tools / "python"), "-m", "pip", "install", "--no-deps", "--implementation", "cp", *chosen]
    for policy in PIP_PLATFORMS:
        pip += ["--platform", policy]
    where = ["--target", str(target), "--requirement", str(pins)]
    if subprocess.run([*uv, *where], check=False).returncode != 0:
        subprocess.run([*pip, *where], check=True)
    for name in UNUSED:
        for folder in list(target.rglob(name)):
            shutil.rmtree(folder, ignore_errors=True)
