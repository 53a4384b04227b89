"""Tables and columns under the words of the glossary, and when suggestions were last made.

Trigger functions name the change log in their text, which a rename does not reach: they are
replaced.

Revision: 0017, after 0016.
"""

# ruff: noqa: S608 - statements are put together from constants of this file

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLES = {
    "past_look": "poll_log",
    "podcast_address": "feed_url_history",
    "halted_queue": "queue_pause",
    "request": "reingest_request",
    "raw": "raw_body",
    "judgement": "audit_answer",
    "measured": "metric_bucket",
    "podcast_voices": "podcast_speaker_state",
    "person_address": "person_link",
    "back_catalogue": "archive_progress",
    "cover": "artwork",
    "change": "change_log",
}
# By the new names of the tables.
_COLUMNS = {
    "crawl": {
        "run_outcome": "streak_outcome",
        "run_reason": "streak_reason",
        "run_since": "streak_since",
        "run_looks": "streak_polls",
        "run_status": "streak_status",
        "run_new": "streak_new",
        "run_changed": "streak_changed",
        "run_took_ms": "streak_took_ms",
        "next_poll_why": "next_poll_reason",
        "claim": "claim_token",
        "claimed_until": "claim_expires_at",
        "claim_begun": "claim_started",
        "unconditional": "skip_validators",
        "moved_to": "redirect_url",
        "moved_since": "redirect_since",
        "moved_looks": "redirect_polls",
        "hint_url": "new_feed_url",
    },
    "poll_log": {"looks": "polls"},
    "archive_progress": {"feed_due_why": "feed_due_reason"},
    "queue_pause": {"asked_by": "requested_by"},
    "reingest_request": {"asked_by": "requested_by"},
    "speaker": {
        "matched_id": "matched_person_id",
        "standing": "status",
        "standing_reason": "status_reason",
        "suspicion": "quarantine_rule",
    },
    "appearance": {"back_channel": "is_backchannel"},
    "episode": {"counted_on": "stats_date"},
    "transcript": {"chosen": "is_selected", "offered": "is_listed"},
    "identity_event": {"other_id": "target_person_id", "prints": "fingerprints"},
    "suggestion": {"other_id": "target_person_id", "about_event": "assignment_event_id"},
    "job": {
        "losses": "worker_losses",
        "resends": "republished",
        "not_before": "run_after",
        "forced": "force",
        "lease_until": "lease_expires_at",
    },
    "subscription": {"lease_until": "lease_expires_at", "proved_at": "confirmed_at"},
    "podcast_speaker_state": {
        "judged_at": "quarantine_checked_at",
        "regulars": "recurring_digest",
        "decided_to": "resolved_up_to_episode_id",
    },
}
_INDEXES = {
    "past_look_podcast": "poll_log_podcast",
    "past_look_age": "poll_log_age",
    "request_open": "reingest_request_open",
    "judgement_once": "audit_answer_once",
    "person_address_person": "person_link_person",
    "back_catalogue_state": "archive_progress_state",
    "cover_fetched": "artwork_fetched",
    "change_order": "change_log_order",
    "speaker_matched": "speaker_matched_person",
    "transcript_chosen": "transcript_selected",
    "episode_counted_on": "episode_stats_date",
}
# Reason codes and kinds that rows keep, by the new names of tables and columns.
_REASONS = {
    ("crawl", "next_poll_reason"): {
        "poller lost": "poll_worker_lost",
        "asked": "requested",
        "back_catalogue": "archive",
        "host_waits": "host_rate_limited",
    },
    ("crawl", "last_error_reason"): {
        "poller_lost": "poll_worker_lost",
        "not_asked": "not_attempted",
    },
    ("job", "reason"): {"nothing_kept": "no_stored_transcript", "worker_ended": "worker_shutdown"},
    ("subscription", "reason"): {"missed": "push_missed", "not_asked": "not_attempted"},
    ("speaker", "reason"): {
        "one_fits": "unique_match",
        "several_fit": "ambiguous",
        "joint_label": "multiple_people",
    },
}
_KINDS = {
    "identity_event": {"hold": "quarantine"},
    "suggestion": {"same": "merge", "two": "split", "assignment": "reassign"},
}
_VERSION = "pg_current_xact_id()::text::bigint"
_UPSERT = """
    ON CONFLICT (kind, subject) DO UPDATE SET version = excluded.version
    WHERE {log}.version < excluded.version
"""
_FUNCTIONS = {
    "note_changed_rows": """
        INSERT INTO {log} (kind, subject, version)
        SELECT TG_ARGV[0], id, {version} FROM changed ORDER BY id {upsert};
    """,
    "note_changed_episodes": """
        INSERT INTO {log} (kind, subject, version)
        SELECT 'episode', episode_id, {version}
        FROM (SELECT DISTINCT episode_id FROM changed) c ORDER BY episode_id {upsert};
    """,
    "note_episodes_of_podcast": """
        INSERT INTO {log} (kind, subject, version)
        SELECT 'episode', e.id, {version}
        FROM changed c JOIN former f ON f.id = c.id JOIN episode e ON e.podcast_id = c.id
        WHERE (c.state, c.language) IS DISTINCT FROM (f.state, f.language)
        ORDER BY e.id {upsert};
    """,
    "note_podcast_that_is_left": """
        INSERT INTO {log} (kind, subject, version)
        VALUES ('podcast', OLD.podcast_id, {version}) {upsert};
    """,
}


def _replace_functions(log: str) -> None:
    for name, body in _FUNCTIONS.items():
        text = body.format(log=log, version=_VERSION, upsert=_UPSERT.format(log=log))
        op.execute(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {text} RETURN NULL; END $$"
        )


def _rename_codes(*, back: bool = False) -> None:
    op.execute("ALTER TABLE speaker DISABLE TRIGGER speaker_update_noted")
    for (table, column), names in _REASONS.items():
        for old, new in names.items():
            before, after = (new, old) if back else (old, new)
            op.execute(f"UPDATE {table} SET {column} = '{after}' WHERE {column} = '{before}'")
    for table, names in _KINDS.items():
        for old, new in names.items():
            before, after = (new, old) if back else (old, new)
            op.execute(f"UPDATE {table} SET kind = '{after}' WHERE kind = '{before}'")
    op.execute("ALTER TABLE speaker ENABLE TRIGGER speaker_update_noted")


def upgrade() -> None:
    for old, new in _TABLES.items():
        op.rename_table(old, new)  # beside the old version: none was released
    for table, columns in _COLUMNS.items():
        for old, new in columns.items():
            op.alter_column(table, old, new_column_name=new)
    for old, new in _INDEXES.items():
        op.execute(f"ALTER INDEX {old} RENAME TO {new}")  # beside the old version: only a name
    _replace_functions("change_log")
    _rename_codes()
    op.add_column("podcast_speaker_state", sa.Column("suggested_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("podcast_speaker_state", "suggested_at")
    _rename_codes(back=True)
    _replace_functions("change")
    for old, new in _INDEXES.items():
        op.execute(f"ALTER INDEX {new} RENAME TO {old}")
    for table, columns in _COLUMNS.items():
        for old, new in columns.items():
            op.alter_column(table, new, new_column_name=old)
    for old, new in _TABLES.items():
        op.rename_table(new, old)
