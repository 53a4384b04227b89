"""All tables: importing this registers them in SQLModel's metadata."""

from models.tables.account import (
    Account,
    AccountSession,
    FirstAccountLink,
    Role,
    SignInFailure,
)
from models.tables.api_key import ApiKey
from models.tables.archive import ArchiveState, PagesState
from models.tables.artwork import Artwork
from models.tables.blog import BlogIssue, IssuePeriod
from models.tables.change_log import Change, ChangeEpoch
from models.tables.cooldown import PodcastCooldown
from models.tables.episode import Episode, RawBody, Transcript
from models.tables.identity import AuditAnswer, IdentityDecision, Suggestion
from models.tables.job import Job, JobState, Outcome, Stage
from models.tables.mention import Mention
from models.tables.merge import MergeCause, MergedEpisode, PodcastMerge
from models.tables.metric import MetricBucket
from models.tables.person import (
    Person,
    PersonDay,
    PersonLink,
    PersonName,
    PersonPodcast,
    PersonState,
)
from models.tables.podcast import (
    Crawl,
    FeedBody,
    FeedUrlHistory,
    Host,
    Podcast,
    PodcastPrivacy,
    PodcastSpeakerState,
    PodcastState,
)
from models.tables.poll_log import PollLog, Subscription, SubscriptionState
from models.tables.queue_pause import QueuePause, QueueState
from models.tables.reingest import ReingestRequest, RequestState
from models.tables.speaker import Appearance, AttributionStatus, Speaker
from models.tables.speech import PodcastSpeech, SpeechMode, Transcription, TranscriptionChunk
from models.tables.store_chart import StoreChart, StorePosition
from models.tables.topic import EpisodeTopic, Topic
from models.tables.usage import HeardAudio, PurgedUsageDay, UsageCounter, UsageLog

__all__ = [
    "Account",
    "AccountSession",
    "ApiKey",
    "Appearance",
    "ArchiveState",
    "Artwork",
    "AttributionStatus",
    "AuditAnswer",
    "BlogIssue",
    "Change",
    "ChangeEpoch",
    "Crawl",
    "Episode",
    "EpisodeTopic",
    "FeedBody",
    "FeedUrlHistory",
    "FirstAccountLink",
    "HeardAudio",
    "Host",
    "IdentityDecision",
    "IssuePeriod",
    "Job",
    "JobState",
    "Mention",
    "MergeCause",
    "MergedEpisode",
    "MetricBucket",
    "Outcome",
    "PagesState",
    "Person",
    "PersonDay",
    "PersonLink",
    "PersonName",
    "PersonPodcast",
    "PersonState",
    "Podcast",
    "PodcastCooldown",
    "PodcastMerge",
    "PodcastPrivacy",
    "PodcastSpeakerState",
    "PodcastSpeech",
    "PodcastState",
    "PollLog",
    "PurgedUsageDay",
    "QueuePause",
    "QueueState",
    "RawBody",
    "ReingestRequest",
    "RequestState",
    "Role",
    "SignInFailure",
    "Speaker",
    "SpeechMode",
    "Stage",
    "StoreChart",
    "StorePosition",
    "Subscription",
    "SubscriptionState",
    "Suggestion",
    "Topic",
    "Transcript",
    "Transcription",
    "TranscriptionChunk",
    "UsageCounter",
    "UsageLog",
]
