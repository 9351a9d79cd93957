"""folders.py: the folders in which the peers keep generated files.

Invariant: a folder made by install() is complete or absent, even if several processes make it at the same time."""
import os
import shutil
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def build_dir():
    """build/peers, or the folder that USPAN_PEERS_DIR names."""
    return Path(os.environ.get("USPAN_PEERS_DIR", ROOT / "build" / "peers"))


def install(target, fill):
    """Make folder `target` by fill(path) and a rename. If two processes do this at the same time, both see a complete
    folder."""
    target = Path(target)
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        fill(work)
        os.rename(work, target)
    except OSError:
        if not target.is_dir():
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target
