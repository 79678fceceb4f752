"""What processes have in a container, without one: a read-only root, few rights, little shared memory."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping

HOME = "/home/crosslate"
SHARED_MIB = 64
"""Docker's default."""

# As `deploy/compose.yaml` has it. Temporary files stay where they are: the caller's are among them.
_ENTER = f"""
set -eu
mount -t tmpfs -o size={SHARED_MIB}m,mode=1777 tmpfs /dev/shm
mount --bind /tmp /tmp
mount -t tmpfs tmpfs /home
for folder in {HOME}/.ray {HOME}/.local/state; do
    mkdir -p $folder
    mount -t tmpfs tmpfs $folder
done
mount -o remount,bind,ro /home
mount -o remount,bind,ro /
exec setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all --no-new-privs "$@"
"""
ENVIRON: Mapping[str, str] = {"HOME": HOME, "http_proxy": "http://127.0.0.1:9"}
"""The proxy is one that does not answer."""


def contained(*command: str) -> list[str]:
    """The command as it is run there, in the process that is started."""
    user = ["--user", "--map-user=1000", "--map-group=1000", "--keep-caps"]
    return ["unshare", *user, "--mount", "sh", "-c", _ENTER, "sh", *command]


def can_contain() -> bool:
    """Whether the kernel lets this user do so; within containers it often does not."""
    if sys.platform != "linux" or not (shutil.which("unshare") and shutil.which("setpriv")):
        return False
    return subprocess.run(contained("true"), capture_output=True, check=False).returncode == 0
