"""What Overheard does: one folder per subject, each with its Celery tasks in ``tasks.py``.

overheard.auth.purge (ops, every 600 s): Delete expired sessions and old failed sign-ins.
overheard.blog.publish_digests (ops, every 3600 s): Publish the digests of weeks, months and years
    that ended lately.
overheard.charts.poll_store_charts (ops, every 900 s): Poll the store's top lists that are due,
    each four times a day; off without a setting.
overheard.counts.recompute_person (parse, on demand): Run one job of kind ``count``; the message
    contains only its id.
overheard.identity.suggest_decisions (ops, OVERHEARD_RESOLVE_TICK_SECONDS): Suggest merges and
    splits in podcasts whose quarantine rules ran since the last time.
overheard.ingest.parse_episode (parse, on demand): Run one parse job: fetch, parse and count the
    transcript of its episode.
overheard.jobs.purge (ops, every 600 s): Delete jobs that were done long ago, and close dead ones
    that were requested again.
overheard.jobs.sweep (ops, OVERHEARD_SWEEP_TICK_SECONDS): Reclaim jobs with an expired lease or a
    lost message, and publish waiting jobs.
overheard.plans.purge (ops, every 3600 s): Replace old rows of the log of metered use by sums of
    days, as exact as before.
overheard.podcasts.guard_private (ops, every 3600 s): Hide podcasts whose feed URLs are private by
    the rules of this version.
overheard.podcasts.place_merged_episodes (ops, OVERHEARD_RESOLVE_TICK_SECONDS): Let the survivors'
    own episodes count that were read since a merge.
overheard.polling.poll_due_feeds (ops, OVERHEARD_POLL_TICK_SECONDS): Claim the feeds that are due,
    in batches, and send a message for each batch.
overheard.polling.poll_feeds (poll, on demand): Poll the feeds under a claim, then send the jobs
    of their new episodes.
overheard.polling.purge (ops, every 600 s): Delete old rows of the poll log.
overheard.polling.sweep (ops, OVERHEARD_SWEEP_TICK_SECONDS): Release expired claims, whose workers
    were lost.
overheard.reingest.purge (ops, every 600 s): Delete requests that ended more than
    ``job_history_days`` ago.
overheard.reingest.reingest (ops, on demand): Create a re-ingest request that another program
    sends as a message.
overheard.reingest.sweep (ops, OVERHEARD_SWEEP_TICK_SECONDS): Close requests whose jobs and polls
    are done.
overheard.speakers.resolve_stale_podcasts (ops, OVERHEARD_RESOLVE_TICK_SECONDS): Re-resolve
    podcasts with new evidence, in one transaction for each episode and podcast.
overheard.speech.request_due_episodes (ops, OVERHEARD_SPEECH_TICK_SECONDS): Request jobs for
    episodes without a transcript, if audio is to be transcribed.
overheard.speech.transcribe_episode (transcribe, on demand): Run one transcribe job: make a
    transcript from the audio of its episode.
overheard.telemetry.heartbeat (ops, on demand): Record progress: this task went through the
    worker's own queue and pool.
overheard.websub.maintain_subscriptions (ops, OVERHEARD_WEBSUB_TICK_SECONDS): Create and cancel
    subscriptions as podcasts offer hubs, and send what is due.
overheard.websub.purge (ops, every 600 s): Delete subscriptions that ended long ago.
overheard.websub.send_hub_requests (poll, on demand): Send due requests to hubs; a doubled message
    finds none.
"""
