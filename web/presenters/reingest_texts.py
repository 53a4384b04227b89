"""Scopes and stages of re-ingests in words, and the command that does the same."""

import shlex
from collections.abc import Mapping
from typing import Any

from models import Stage
from models.tables.job import SPEECH_STAGES
from tasks.reingest.values import ReingestScope

# A page has no dry run of these. Of the stage fetch it shows the requests, for it does not wait
# for publishers.
NO_DRY_RUN = frozenset({Stage.counts, *SPEECH_STAGES})

_STAGES = {
    Stage.download: "download the audio again",
    Stage.transcribe: "recognize the words in the audio again",
    Stage.diarize: "distinguish the voices again",
    Stage.attribute: "give words their speakers again",
    Stage.fetch: "request feeds and transcripts again",
    Stage.parse: "read the stored transcripts again",
    Stage.people: "resolve speakers again",
    Stage.counts: "count people again",
}


def stage_text(stage: Stage) -> str:
    """What a re-ingest from a stage does, and whether the page has a dry run of it."""
    what = f"{stage.value}: {_STAGES[stage]}"
    return f"{what} (no dry run on this page)" if stage in NO_DRY_RUN else what


def scope_text(scope: Mapping[str, Any], titles: Mapping[int, str]) -> str:
    """A stored scope in words; ``titles`` are those of podcasts, by id."""
    ((name, value),) = list(scope.items())[:1] or [("", "")]
    return {
        "all": "everything",
        "outdated": "what an older parser or matcher made",
        "failed": "what failed" if value in ("any", True) else f"what failed with {value}",
        "since": f"episodes since {value}",
        "person": f"episodes with {value}",
        "podcast": f"podcast {value}",
        "podcast_id": f"podcast {value}" + (f", {titles[value]}" if titles.get(value) else ""),
        "episode_id": f"episode {value}",
    }.get(name, f"{name} {value}".strip())


def queues_needed(stage: str, *, jobs: int, feeds: int) -> list[str]:
    """The queues that carry what is left of a re-ingest: so many jobs and feeds."""
    of_jobs = "transcribe" if stage in SPEECH_STAGES else "parse"
    return ["poll"] * bool(feeds) + [of_jobs] * bool(jobs)


def dry_run_command(scope: ReingestScope, stage: Stage) -> str:
    """The command that shows what a re-ingest would change."""
    ((name, value),) = scope.to_json().items()
    word = {"podcast_id": "podcast", "episode_id": "episode"}.get(name, name)
    named = word if value is True or value == "any" else f"{word}:{value}"
    return f"overheard reingest {shlex.quote(named)} --stage {stage.value} --dry-run"
