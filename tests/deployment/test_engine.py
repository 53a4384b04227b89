"""A machine that can have no engine skips the walk; a Dockerfile that is broken does not."""

from pathlib import Path

import pytest

from tests.deployment.engine import BUILDING, EngineMissing, bring_up, engine_script


def script_that(folder: Path, lines: str) -> Path:
    script = folder / "engine.sh"
    script.write_text(lines)
    return script


def test_a_machine_that_cannot_start_an_engine_has_none(tmp_path: Path) -> None:
    script = script_that(tmp_path, "echo engine: starting\necho 'not permitted' >&2\nexit 1\n")
    with pytest.raises(EngineMissing, match=r"engine\.sh cannot start one: not permitted$"):
        bring_up(script)


def test_an_image_that_cannot_be_built_is_no_missing_engine(tmp_path: Path) -> None:
    bring_up(script_that(tmp_path, f'echo "engine: {BUILDING}"\nexit 1\n'))


def test_the_script_of_the_shared_folder_says_that_it_builds() -> None:
    script = engine_script()
    if script is None:
        pytest.skip("no ../shared/containers")
    assert BUILDING in script.read_text()
