"""Commands about speech to text: run, status, set, pause, resume, cancel."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from models import QueueState, SpeechMode, Stage, get_settings
from models.database import Session, database_time, in_transaction
from models.queries.heard_episodes import speech_failures
from models.queries.speech import (
    SpeechProgress,
    audio_length,
    running_transcriptions,
    speech_progress,
)
from models.tables.job import SPEECH_STAGES
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.queue_control import change_queue_state
from tasks.jobs.queue_state import paused_queues
from tasks.plans.store.assignments import find_holder
from tasks.reingest.request import find_subjects, log_requested, request_reingest
from tasks.reingest.values import BadScope, ReingestScope
from tasks.speech.store.choices import cancel_waiting, choose_speech
from tasks.speech.store.control import QUEUE
from workers.cli.options import (
    Json,
    OfPodcast,
    current_actor,
    fail,
    optional_podcast_id,
    podcast_id_of,
)
from workers.cli.output import as_records, console, print_json, print_table
from workers.cli.scope import SCOPE_HELP, scope_of
from workers.local.service import service
from workers.words import count

_RECENT = timedelta(days=7)
_STAGE_HELP = (
    "download: do everything again. transcribe: recognize words again. diarize: distinguish "
    "speakers again. attribute: match words to speakers again."
)


def run(
    scope: Annotated[str, typer.Argument(metavar="SCOPE", help=SCOPE_HELP)],
    stage: Annotated[Stage, typer.Option(help=_STAGE_HELP)] = Stage.download,
    speakers: Annotated[
        int | None,
        typer.Option(min=0, help="At most how many speakers, if SCOPE is podcast:…; 0: unknown."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print how much audio there is, and change nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Transcribe the audio of everything in SCOPE, at a lower priority than new episodes."""
    if stage not in SPEECH_STAGES:
        raise typer.BadParameter(f"--stage is one of {', '.join(SPEECH_STAGES)}")
    with service(broker=not dry_run):
        try:
            covered = scope_of(scope)
            if dry_run:
                _show_size(in_transaction(_size, covered, stage), as_json=as_json)
                return
            if speakers is not None:
                _set_speakers(covered, speakers)
            _request(covered, stage, as_json=as_json)
        except BadScope as error:
            raise typer.BadParameter(str(error)) from error


def _set_speakers(scope: ReingestScope, speakers: int) -> None:
    if scope.podcast_id is None:
        raise typer.BadParameter("--speakers needs the scope podcast:…")
    in_transaction(choose_speech, scope.podcast_id, speakers=speakers)


def _request(scope: ReingestScope, stage: Stage, *, as_json: bool) -> None:
    receipt = in_transaction(request_reingest, scope, stage, "", requested_by=current_actor())
    if receipt is None or not receipt.job_ids:
        fail("there is no audio to transcribe in this scope")
    log_requested(scope, receipt)
    publish_waiting_jobs()
    if as_json:
        print_json({"request_id": receipt.request_id, "jobs": len(receipt.job_ids)})
    else:
        typer.echo(f"{receipt.request_id}: {count(len(receipt.job_ids), 'episode')} to transcribe")


def _size(session: Session, scope: ReingestScope, stage: Stage) -> dict[str, Any]:
    subjects = find_subjects(session, scope, stage)
    episodes = [one for ids in subjects.episodes.values() for one in ids]
    audio_ms, known = audio_length(session, episodes)
    speed = _progress(session).speed
    hours = round(audio_ms / 3_600_000 / speed, 1) if speed else None
    return {
        "episodes": len(episodes),
        "without_duration": len(episodes) - known,
        "audio_minutes": round(audio_ms / 60_000),
        "expected_hours": hours,
    }


def _show_size(size: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(size)
        return
    hours = size["expected_hours"]
    expected = "nothing has been transcribed yet, so the time is unknown"
    typer.echo(
        f"{count(size['episodes'], 'episode')}, {count(size['audio_minutes'], 'minute')} of audio "
        f"(without a duration: {size['without_duration']}); "
        + (expected if hours is None else f"about {hours} hours with one process")
    )


def status(as_json: Json = False) -> None:
    """Show how much audio is transcribed, what is waiting, and the speed."""
    with service(broker=False):
        record = in_transaction(_status)
    if as_json:
        print_json(record)
        return
    running = record.pop("running_now")
    for name, value in record.items():
        console.print(f"{name.replace('_', ' '):>18}  {_shown(value)}", markup=False)
    if running:
        columns = ("episode_id", "title", "stage", "audio_ms", "transcribed_ms", "spent_ms")
        print_table(running, columns)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{reason} {number}" for reason, number in value.items()) or "none"
    return "unknown" if value is None else f"{value}"


def _status(session: Session) -> dict[str, Any]:
    progress = _progress(session)
    paused = paused_queues(session).get(QUEUE, QueueState.open)
    return {
        "state": "on" if get_settings().speech else "off",
        "queue": paused.value,
        "done": progress.done,
        "degraded": progress.degraded,
        "waiting": progress.waiting,
        "running": progress.running,
        "dead": progress.dead,
        "audio_minutes_done": progress.audio_ms // 60_000,
        "audio_minutes_left": progress.left_ms // 60_000,
        "speed": _rounded(progress.speed),
        "hours_left": _rounded(progress.left_hours),
        "speech_coverage": _rounded(progress.speech_coverage),
        "cost": round(progress.cost(get_settings().speech_endpoint_price), 2),
        "failures": {one.reason: one.jobs for one in speech_failures(session)},
        "running_now": as_records(running_transcriptions(session)),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _progress(session: Session) -> SpeechProgress:
    since = database_time(session) - _RECENT
    return speech_progress(session, get_settings().speech_min_coverage, since)


def set_mode(
    podcast: Annotated[str, typer.Argument(help="The podcast: its title, feed URL or id.")],
    mode: Annotated[
        SpeechMode | None,
        typer.Option(help="Which episodes: none, those without a transcript, or all."),
    ] = None,
    speakers: Annotated[
        int | None,
        typer.Option(min=0, help="At most how many speakers its episodes have; 0: unknown."),
    ] = None,
    charge: Annotated[
        str | None,
        typer.Option(
            metavar="HOLDER",
            help="Account, or prefix of a key, whose plan is charged for the audio; '' for none.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Choose which episodes of a podcast are transcribed, how many speak, and who pays."""
    with service(broker=False):
        podcast_id = podcast_id_of(podcast)
        holder = None if charge is None else _holder(charge)
        chosen = in_transaction(_chosen, podcast_id, mode, speakers, holder)
    if as_json:
        print_json(chosen)
        return
    paid = f", charged to {chosen['charged_to']}" if chosen["charged_to"] else ""
    speaking = chosen["speakers"] or "?"
    typer.echo(f"podcast {podcast_id}: {chosen['mode']}, speakers: {speaking}{paid}")


def _holder(name: str) -> str:
    """The account or key of this name, as it is charged; empty for no one."""
    if not name:
        return ""
    found = in_transaction(find_holder, name)
    if found is None:
        fail(f"no such account or key: {name}")
    return found.holder


def _chosen(
    session: Session,
    podcast_id: int,
    mode: SpeechMode | None,
    speakers: int | None,
    charged_to: str | None,
) -> dict[str, Any]:
    chosen = choose_speech(session, podcast_id, mode, speakers, charged_to)
    return {
        "podcast_id": podcast_id,
        "mode": chosen.mode.value,
        "speakers": chosen.speakers,
        "charged_to": chosen.charged_to,
    }


def pause() -> None:
    """Pause speech to text; running episodes stop at their next chunk."""
    _change(QueueState.paused, "paused")


def resume() -> None:
    """Resume speech to text where it stopped."""
    _change(QueueState.open, "open")


def _change(state: QueueState, label: str) -> None:
    with service():
        changed = change_queue_state(QUEUE, state, current_actor())
    typer.echo(f"speech to text is {label}" + ("" if changed else " already"))


def cancel(podcast: OfPodcast = None) -> None:
    """Cancel waiting transcriptions; running ones are finished."""
    with service(broker=False):
        podcast_id = optional_podcast_id(podcast)
        cancelled = in_transaction(_cancelled, podcast_id)
    typer.echo(f"{cancelled} transcriptions cancelled")


def _cancelled(session: Session, podcast_id: int | None) -> int:
    return cancel_waiting(session, database_time(session), podcast_id)
