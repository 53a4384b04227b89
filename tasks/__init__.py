"""What Overheard does: one folder per subject, each with its Celery tasks in ``tasks.py``.

overheard.auth.purge
    ops, every 600 s: Delete expired sessions and old failed sign-ins.
overheard.counts.recompute_person
    parse, on demand: Do one count job; the message carries its id and nothing else.
overheard.identity.suggest_decisions
    ops, OVERHEARD_RESOLVE_TICK_SECONDS: Suggest merges and splits in every podcast whose speakers were judged since the last time.
overheard.ingest.parse_episode
    parse, on demand: Do one parse job; the message carries its id and nothing else.
overheard.jobs.purge
    ops, every 600 s: Delete rows of jobs that were done long ago.
overheard.jobs.sweep
    ops, OVERHEARD_SWEEP_TICK_SECONDS: Find expired leases and lost messages, and send the jobs that wait.
overheard.polling.poll_due_feeds
    ops, OVERHEARD_POLL_TICK_SECONDS: The tick: claim what is due, in batches, and send one message for each.
overheard.polling.poll_feeds
    poll, on demand: Poll the feeds under a claim, then send the jobs of their new episodes.
overheard.polling.purge
    ops, every 600 s: Delete old rows of the poll log.
overheard.polling.sweep
    ops, OVERHEARD_SWEEP_TICK_SECONDS: Release the claims of pollers that did not come back.
overheard.reingest.purge
    ops, every 600 s: Delete requests that were done long ago.
overheard.reingest.reingest
    ops, on demand: Re-ingest on request from outside; until its rows exist the message can be lost.
overheard.reingest.sweep
    ops, OVERHEARD_SWEEP_TICK_SECONDS: Close the requests whose work is done.
overheard.speakers.resolve_stale_podcasts
    ops, OVERHEARD_RESOLVE_TICK_SECONDS: Resolve podcasts again that have new evidence: a transaction for each episode and podcast.
overheard.telemetry.heartbeat
    ops, on demand: Complete a task through this worker's own queue and pool, which shows that work gets done.
overheard.websub.maintain_subscriptions
    ops, OVERHEARD_WEBSUB_TICK_SECONDS: The tick: see which hubs are wanted and which no more, and have the due ones asked.
overheard.websub.purge
    ops, every 600 s: Delete subscriptions that ended long ago.
overheard.websub.send_hub_requests
    poll, on demand: Ask what is due; a message that came twice finds nothing.
"""
