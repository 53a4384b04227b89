"""The data folder of this machine, when no setting names one."""

import os
from pathlib import Path

import platformdirs


def default_data_dir() -> Path:
    """OVERHEARD_DATA, else the platform's user data directory, or /var/lib/overheard for root.

    Root's servers run under another account, which cannot enter root's home, where the
    platform's convention would put the data.
    """
    configured = os.environ.get("OVERHEARD_DATA")
    if configured:
        return Path(configured)
    if os.geteuid() == 0:
        return Path("/var/lib/overheard")
    return platformdirs.user_data_path("overheard", appauthor=False)
