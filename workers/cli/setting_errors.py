"""What a command says and how it ends when a setting cannot be read."""

import sys
from typing import NoReturn

from pydantic import ValidationError


def end_for_settings(error: ValidationError) -> NoReturn:
    """Name every setting that cannot be read, a line each, and end with exit code 2."""
    for problem in error.errors():
        place = "_".join(str(part) for part in problem["loc"])
        sys.stderr.write(f"overheard: setting OVERHEARD_{place.upper()}: {problem['msg']}\n")
    sys.exit(2)
