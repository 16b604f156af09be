"""What goes into a function's bundle: its folder, ``shared``, ``config`` and its libraries. No Docker."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "bundles"
PYTHON_VERSION = "3.13"
PLATFORM = "aarch64-manylinux_2_28"
"""What Lambda's python3.13 on Graviton loads."""
UNUSED = ("__pycache__", "bin", "tests", "swagger_ui")
"""Folders of libraries that no function reaches: caches, command lines, their tests, a documentation page."""


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
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        if with_libraries:
            _install(requirements(function), unfinished)
        _copy(sources, unfinished)
        unfinished.rename(folder)
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
    uv = ROOT / ".venv-tools" / "bin" / "uv"
    program = [str(uv), "pip", "install"] if uv.exists() else [sys.executable, "-m", "uv", "pip", "install"]
    subprocess.run(
        [
            *program, "--quiet", "--target", str(target), "--require-hashes", "--only-binary", ":all:",
            "--python-platform", PLATFORM, "--python-version", PYTHON_VERSION, "--requirement", str(pins),
        ],
        check=True,
    )  # fmt: skip
    for name in UNUSED:
        for folder in list(target.rglob(name)):
            shutil.rmtree(folder, ignore_errors=True)
