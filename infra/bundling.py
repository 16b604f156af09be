"""What goes into a function's bundle: its folder, ``shared``, ``config`` and its libraries. No Docker."""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "bundles"
PYTHON_VERSION = "3.13"
PLATFORM = "aarch64-manylinux_2_28"
"""What Lambda's python3.13 on Graviton loads."""
PIP_PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
"""The same to pip, which wants every older name of the platform, too."""
UNUSED = ("__pycache__", "bin", "tests")
"""Folders of libraries that no function reaches: caches, command lines, their tests."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder ready to be zipped, and a digest of what is in it: the same content gives the same digest."""

    folder: Path
    digest: str
    """SHA-256 of the bundle's content; what CDK takes for the asset's hash."""
    code_version: str
    """SHA-256 of our own source in it alone; what events name as the code that decided."""


def bundle(function: str, with_libraries: bool) -> Bundle:
    """Make the bundle of ``functions/<function>``, or find the one made before from the same content."""
    sources = list(source_files(function))
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
            # Another synthesis made the same folder meanwhile.
            shutil.rmtree(unfinished)
    return Bundle(folder, digest, code_version)


def requirements(function: str) -> Path:
    """The function's pinned and hashed libraries."""
    return ROOT / "requirements" / "functions" / f"{function}.txt"


def source_files(function: str) -> Iterator[Path]:
    """Our files that the function needs, relative to the project, in one order everywhere."""
    for part in ("config", "functions/__init__.py", f"functions/{function}", "shared"):
        start = ROOT / part
        found = [start] if start.is_file() else start.rglob("*")
        for path in sorted(found, key=lambda each: each.relative_to(ROOT).as_posix()):
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
                yield path.relative_to(ROOT)


def digest_of(files: list[Path]) -> str:
    """SHA-256 over names and contents."""
    total = hashlib.sha256()
    for path in files:
        content = hashlib.sha256((ROOT / path).read_bytes()).hexdigest()
        total.update(f"{path.as_posix()}\0{content}\n".encode())
    return total.hexdigest()


def _copy(files: list[Path], target: Path) -> None:
    for path in files:
        destination = target / path
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, destination)


def _install(pins: Path, target: Path) -> None:
    """Install the pinned wheels for Lambda's platform, whatever machine this is."""
    chosen = ["--quiet", "--require-hashes", "--only-binary", ":all:", "--python-version", PYTHON_VERSION]
    tools = ROOT / ".venv-tools" / "bin"
    uv = [str(tools / "uv"), "pip", "install", *chosen, "--python-platform", PLATFORM]
    # pip knows of mirrors that uv may not have been told of: it is the second try.
    pip = [str(tools / "python"), "-m", "pip", "install", "--no-deps", "--implementation", "cp", *chosen]
    for policy in PIP_PLATFORMS:
        pip += ["--platform", policy]
    where = ["--target", str(target), "--requirement", str(pins)]
    if subprocess.run([*uv, *where], check=False).returncode != 0:
        subprocess.run([*pip, *where], check=True)
    for name in UNUSED:
        for folder in list(target.rglob(name)):
            shutil.rmtree(folder, ignore_errors=True)
