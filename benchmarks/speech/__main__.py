"""``python -m benchmarks.speech MEASUREMENT FOLDER``: with the models of the settings.

FOLDER has WAV files (16 kHz, mono) and turns of their speakers in ``.rttm`` files beside them.

- ``clips``: words, speakers and processor time beside those of the bare engines.
- ``dialogues``: made dialogues of two to four voices, at least ``WORDS`` (3,000) words.
- ``memory``: joined audio of ``SECONDS`` (1200,3600): peak memory and processor time.
- ``losses``: an engine that leaves speech out is noticed, and a complete one is not blamed.
"""

import sys
from pathlib import Path

from benchmarks.speech import clips, dialogues, losses, memory

MEASUREMENTS = {
    "clips": clips.measure,
    "dialogues": dialogues.measure,
    "memory": memory.measure,
    "losses": losses.measure,
}

if __name__ == "__main__":
    MEASUREMENTS[sys.argv[1]](Path(sys.argv[2]).resolve())
