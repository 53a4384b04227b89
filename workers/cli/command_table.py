"""The commands: name, where the function is, and the line of help that lists show.

The help lines are here as well as in the docstrings, so that `overheard --help` imports no command;
a test compares both.
"""

from workers.cli.command_entry import Entry, Noun
from workers.cli.speech_table import SPEECH, SPEECH_MODELS

HEALTH = Noun(
    "Health checks for containers; exit code 0 means healthy.",
    {
        "worker": Entry(
            "health:worker_health", "Check that this host's worker completes tasks.", bare=True
        ),
        "beat": Entry("health:beat_health", "Check that beat sends ticks.", bare=True),
        "indexer": Entry(
            "health:indexer_health",
            "Check that this host's search index can be read and is updated.",
            bare=True,
        ),
        "web": Entry("health:web_health", "Check that this host serves its pages.", bare=True),
    },
)

REINGESTS = Noun(
    "Re-ingest requests: list, show, pause, resume, cancel.",
    {
        "list": Entry("reingests:list_requests", "List re-ingest requests, newest first."),
        "show": Entry("reingests:show_request", "Show the progress and the result of a request."),
        "pause": Entry("reingests:pause", "Pause a request: start no more of its jobs."),
        "resume": Entry("reingests:resume", "Resume a paused request."),
        "cancel": Entry("reingests:cancel", "Cancel a request: skip its jobs that have not run."),
    },
)

PODCASTS = Noun(
    "Podcasts: add, list, show, pause, merge, remove.",
    {
        "list": Entry("podcasts:list_podcasts", "List the podcasts and the state of their feeds."),
        "show": Entry("podcasts:show_podcast", "Show a podcast: its counts and who speaks there."),
        "add": Entry(
            "add_podcasts:add",
            "Add podcasts by feed URL or another link, and poll each now; workers do the rest.",
        ),
        "find": Entry(
            "add_podcasts:find", "Search the directory of podcasts by words and print feed URLs."
        ),
        "import": Entry(
            "add_podcasts:import_opml", "Add every feed of an OPML file or of a list of feed URLs."
        ),
        "export": Entry("podcasts:export_opml", "Print podcasts as OPML, without private feeds."),
        "poll": Entry("podcasts:poll", "Make feeds due now; the workers poll them."),
        "pause": Entry("podcasts:pause_podcasts", "Stop polling podcasts; their counts stay."),
        "resume": Entry("podcasts:resume_podcasts", "Poll paused podcasts again."),
        "remove": Entry(
            "podcasts:remove_podcasts", "Remove podcasts from polling and from all counts."
        ),
        "private": Entry(
            "podcasts:make_private", "Hide the URLs of podcasts from everybody but operators."
        ),
        "public": Entry(
            "podcasts:make_public", "Show the URLs of podcasts that only seem private."
        ),
        "merge": Entry(
            "podcasts:merge", "Merge a duplicate podcast into another; shared episodes count once."
        ),
        "unmerge": Entry("podcasts:unmerge", "Undo a merge of podcasts."),
    },
)

FEEDS = Noun(
    "Feeds: health, next poll, poll log.",
    {
        "list": Entry(
            "feeds:list_feeds", "List feeds with last poll, errors, next poll and freshness."
        ),
        "show": Entry(
            "feeds:show_feed", "Show a feed: its health, its WebSub hub, and its poll log."
        ),
    },
)

EPISODES = Noun(
    "Episodes and their state.",
    {
        "list": Entry("episodes:list_episodes", "List episodes and the state of each."),
        "show": Entry("episodes:show_episode", "Show an episode: its transcripts and speakers."),
    },
)

PEOPLE = Noun(
    "People, and the identity decisions about them.",
    {
        "list": Entry("show_people:list_people", "List people by appearances (segments spoken)."),
        "show": Entry(
            "show_people:show_person",
            "Show a person: counts, podcasts, years, labels, latest quotes.",
        ),
        "merge": Entry(
            "people:merge", "Merge a person into another; the old slug redirects to the new one."
        ),
        "split": Entry(
            "people:split", "Split off the speaker of one podcast or episode as another person."
        ),
        "never-merge": Entry(
            "people:never_merge", "Mark two people as different, so that they can never be merged."
        ),
        "rename": Entry("people:rename", "Show a person under another name; the slug stays."),
        "alias": Entry("people:alias", "Resolve a label to a person, in a podcast or everywhere."),
        "assign": Entry("people:assign", "Assign a speaker of one episode to a person."),
        "not-a-person": Entry(
            "people:not_a_person",
            "Mark a label as not a person, in an episode, a podcast or everywhere.",
        ),
        "suppress": Entry("people:suppress", "Hide a person and stop counting their appearances."),
        "quarantine": Entry(
            "people:quarantine", "Put a person or label into quarantine: named, but not counted."
        ),
        "release": Entry("people:release", "Release a person or label from quarantine."),
        "undo": Entry("people:undo", "Undo an identity decision by its number."),
    },
)

SPEAKERS = Noun(
    "Speakers: one label in one episode.",
    {
        "list": Entry(
            "speakers:list_speakers", "List speakers, and the person that each was resolved to."
        )
    },
)

SUGGESTIONS = Noun(
    "Suggested identity decisions, and quarantined people.",
    {
        "list": Entry(
            "suggestions:list_suggestions", "List suggestions, and what is in quarantine and why."
        ),
        "accept": Entry(
            "suggestions:accept",
            "Accept a suggestion: merge, split, assign or merge podcasts as it says.",
        ),
        "reject": Entry("suggestions:reject", "Reject a suggestion for good."),
    },
)

DECISIONS = Noun(
    "The log of identity decisions.",
    {
        "list": Entry("decisions:list_decisions", "List identity decisions, newest first."),
        "export": Entry(
            "decisions:export_lines", "Print all decisions as JSON lines, for a backup or a copy."
        ),
        "import": Entry(
            "decisions:import_lines", "Import exported decisions in order; known ones are skipped."
        ),
    },
)

JOBS = Noun(
    "Jobs: list, show, retry.",
    {
        "list": Entry("jobs:list_jobs", "List jobs, newest first."),
        "show": Entry("jobs:show_job", "Show everything about one job."),
        "retry": Entry(
            "jobs:retry", "Retry jobs that are dead or waiting after a failure, at once."
        ),
    },
)

QUEUES = Noun(
    "Queues: pause, resume, drain, purge, rebuild.",
    {
        "list": Entry("queues:list_queues", "List queues with their state and messages."),
        "pause": Entry(
            "queues:pause", "Pause a queue: start nothing more; running jobs are finished."
        ),
        "resume": Entry("queues:resume", "Resume a paused queue."),
        "drain": Entry(
            "queues:drain", "Send nothing more, wait until the queue is empty, and pause it."
        ),
        "purge": Entry("queues:purge_queue", "Delete a queue's messages; no work is lost."),
        "rebuild": Entry(
            "queues:rebuild_queue", "Delete a queue's messages and publish those of waiting jobs."
        ),
    },
)

INDEX = Noun(
    "The search index.",
    {
        "status": Entry("index:status", "Show the size of the index and how far it is behind."),
        "rebuild": Entry(
            "index:rebuild", "Rebuild the index from the rows; searches go on meanwhile."
        ),
    },
)

ACCOUNTS = Noun(
    "Accounts that sign in to the pages.",
    {
        "create": Entry(
            "accounts:create", "Create an account; this is also how the first operator is created."
        ),
        "first-link": Entry(
            "accounts:first_link",
            "Print a one-time link with which the first account is created in a browser.",
        ),
        "list": Entry("accounts:list_accounts", "List accounts and when each was last seen."),
        "password": Entry(
            "accounts:password", "Set a new password and end all sessions of the account."
        ),
        "role": Entry(
            "accounts:role", "Change the role of an account; it applies from the next request."
        ),
        "disable": Entry("accounts:disable", "Disable an account and end its sessions."),
        "enable": Entry("accounts:enable", "Enable a disabled account."),
        "sign-out": Entry("accounts:sign_out", "End all sessions of an account."),
    },
)

BLOG = Noun(
    "The blog: digests, and your own posts.",
    {
        "publish": Entry(
            "blog:publish",
            "Publish the digests of periods that are over; what was published stays as it is.",
        ),
        "list": Entry("blog:list_issues", "List published issues, newest first."),
        "show": Entry(
            "blog:show_issue", "Print the frozen document of an issue, the same bytes each time."
        ),
        "posts": Entry(
            "blog:posts",
            "List your own posts, and files that are not valid posts, with what to correct.",
        ),
    },
)

PLANS = Noun(
    "Plans: list, assign, export, verify.",
    {
        "list": Entry("plans:list_plans", "List the plans of the file that OVERHEARD_PLANS names."),
        "assign": Entry(
            "plans:assign", "Change the plan of an account or key, and show what that does."
        ),
        "export": Entry(
            "plans:export",
            "Print a month's usage for billing, summed from its records, as CSV or JSON.",
        ),
        "verify": Entry(
            "plans:verify", "Compare every counter of use with its log, and report differences."
        ),
    },
)

KEYS = Noun(
    "API keys: create, list, revoke.",
    {
        "create": Entry("keys:create", "Create an API key and print it once."),
        "list": Entry("keys:list_keys", "List API keys, their scopes and last use."),
        "revoke": Entry("keys:revoke", "Revoke an API key; it stops working within seconds."),
    },
)

READ = Noun(
    "Show what we make of a transcript, feed, OPML file or label.",
    {
        "transcript": Entry(
            "read.commands:transcript",
            "Show the segments and labels that we read from transcripts, and why; stores nothing.",
        ),
        "feed": Entry(
            "read.commands:feed",
            "Show the podcast and the episodes that we read from feeds; stores nothing.",
        ),
        "opml": Entry(
            "read.commands:opml",
            "Show the feeds of OPML files or lists of URLs, with problems; stores nothing.",
        ),
        "name": Entry(
            "read.commands:name",
            "Show the person that each label names by itself, and why; stores nothing.",
        ),
    },
)

# By the panels of the help: who uses them.
PANELS: dict[str, dict[str, Entry | Noun]] = {
    "Run the service": {
        "up": Entry(
            "service:up",
            "Run the whole service here: servers, migrations, workers, beat, pages.",
            bare=True,
        ),
        "down": Entry(
            "service:down",
            "Stop the service that `up` runs, and the embedded servers even if they are in use.",
        ),
        "demo": Entry(
            "demo:demo", "Run a demo: ingest a few invented podcasts and serve the pages."
        ),
        "status": Entry("status:status", "Show totals and unfinished work."),
        "doctor": Entry(
            "doctor:doctor", "Check everything that can be wrong and print what to do about it."
        ),
        "health": HEALTH,
        "logs": Entry(
            "logs:logs", "Show the local log lines of all processes in chronological order."
        ),
        "explain": Entry(
            "explain:explain",
            "Explain the state of an episode, podcast or person.",
        ),
        "recount": Entry(
            "recount:recount", "Recompute all counts from the rows and report differences."
        ),
        "backup": Entry(
            "backup:backup",
            "Save all rows and settings to a new file; the service may be running.",
        ),
        "restore": Entry(
            "backup:restore",
            "Restore a backup into an empty database, compare all rows, and verify the counts.",
        ),
        "migrate": Entry("service:migrate", "Migrate the database to this version's schema."),
    },
    "Processes of a deployment": {
        "worker": Entry(
            "worker:worker", "Run one worker until SIGTERM; unfinished jobs are released."
        ),
        "beat": Entry("beat:beat", "Run the scheduler, which sends the periodic ticks.", bare=True),
        "web": Entry("web:web", "Serve the pages and the API until SIGTERM."),
        "indexer": Entry("indexer:indexer", "Update the search index continuously until SIGTERM."),
    },
    "Ingest": {
        "ingest": Entry(
            "ingest:ingest", "Add feeds, poll them, ingest all episodes, and show who speaks."
        ),
        "reingest": Entry(
            "reingest:reingest", "Ingest everything in SCOPE again; only differences are written."
        ),
        "reingests": REINGESTS,
    },
    "Read": {
        "search": Entry("search:search_words", "Search all transcripts by words."),
        "read": READ,
    },
    "Speech": {"speech": SPEECH, "speech-models": SPEECH_MODELS},
    "Podcasts": {
        "podcasts": PODCASTS,
        "feeds": FEEDS,
        "episodes": EPISODES,
        "podping": Entry(
            "podping:podping",
            "Make due the feeds whose URLs arrive on standard input, one per line.",
        ),
    },
    "People": {
        "people": PEOPLE,
        "speakers": SPEAKERS,
        "suggestions": SUGGESTIONS,
        "decisions": DECISIONS,
        "audit": Entry(
            "audit:audit", "Audit how often names are right, with speakers drawn at random."
        ),
        "coverage": Entry(
            "coverage:coverage", "Show how much speech is named, unknown and in quarantine."
        ),
    },
    "Jobs and queues": {"jobs": JOBS, "queues": QUEUES, "index": INDEX},
    "Publish": {"blog": BLOG, "plans": PLANS},
    "Access": {"accounts": ACCOUNTS, "keys": KEYS},
}
