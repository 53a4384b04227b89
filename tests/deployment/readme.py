"""The commands that the README tells a user to type, in their order."""

import re

from tests.deployment.engine import ROOT


def typed_under(heading: str, page: str = "README.md") -> list[str]:
    """Every command of the shell blocks under a heading, without its comment."""
    _, _, after = (ROOT / page).read_text().partition(f"\n## {heading}\n")
    blocks = re.findall(r"^```sh\n(.*?)^```", after.split("\n## ")[0], re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"\s+# .*$", "", line) for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]
