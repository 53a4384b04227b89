"""The temporary folder of a service: in its data folder, so that nothing remains elsewhere."""

import os
import shutil
import tempfile
from pathlib import Path


def use_own_temporary_folder(data_dir: Path) -> None:
    """Make this process and those that it starts put temporary files into the data folder.

    What a killed service left there is deleted first, so only the one service of a data folder may
    call this. Files for health checks stay where the commands of other shells find them.
    """
    os.environ.setdefault("OVERHEARD_HEALTH_FOLDER", tempfile.gettempdir())
    folder = data_dir / "tmp"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None  # the folder that this process found before
