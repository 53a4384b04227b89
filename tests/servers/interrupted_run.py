"""A test that starts servers and waits: to be interrupted by test_interrupted_runs.py."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

from tests.servers.embedded import RUN_FOLDER
from tests.servers.valkeys import valkey
from workers.local.embedded import ServerUrls


def test_waits_until_it_is_interrupted(server_urls: ServerUrls) -> None:
    assert server_urls.database_url
    with valkey(), tempfile.TemporaryDirectory() as folder:
        subprocess.Popen(["sleep", "600"], cwd=folder, start_new_session=True)
        Path(os.environ["INTERRUPT_ME"]).write_text(os.environ[RUN_FOLDER])
        time.sleep(600)
