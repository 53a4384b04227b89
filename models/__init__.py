"""What Overheard knows: tables, questions asked of them, settings, database, migrations."""

from models.settings import Settings, get_settings
from models.tables.account import Account, AccountSession, Role, SignInFailure
from models.tables.api_key import ApiKey
from models.tables.archive import BackCatalogue, PagesState
from models.tables.artwork import Cover
from models.tables.change_log import Change, ChangeEpoch
from models.tables.episode import Episode, Raw, Transcript
from models.tables.identity import IdentityEvent, Judgement, Suggestion
from models.tables.job import Job, JobState, Outcome, Stage
from models.tables.mention import Mention
from models.tables.metric import Measured
from models.tables.person import (
    Person,
    PersonAddress,
    PersonDay,
    PersonName,
    PersonPodcast,
    PersonState,
)
from models.tables.podcast import (
    Crawl,
    FeedBody,
    Host,
    Podcast,
    PodcastAddress,
    PodcastState,
    PodcastVoices,
)
from models.tables.poll_log import PastLook, Subscription, SubscriptionState
from models.tables.queue_pause import HaltedQueue, QueueState
from models.tables.reingest import Request, RequestState
from models.tables.speaker import Appearance, Speaker, Standing
from models.tables.topic import EpisodeTopic, Topic

__all__ = [
    "Account",
    "AccountSession",
    "ApiKey",
    "Appearance",
    "BackCatalogue",
    "Change",
    "ChangeEpoch",
    "Cover",
    "Crawl",
    "Episode",
    "EpisodeTopic",
    "FeedBody",
    "HaltedQueue",
    "Host",
    "IdentityEvent",
    "Job",
    "JobState",
    "Judgement",
    "Measured",
    "Mention",
    "Outcome",
    "PagesState",
    "PastLook",
    "Person",
    "PersonAddress",
    "PersonDay",
    "PersonName",
    "PersonPodcast",
    "PersonState",
    "Podcast",
    "PodcastAddress",
    "PodcastState",
    "PodcastVoices",
    "QueueState",
    "Raw",
    "Request",
    "RequestState",
    "Role",
    "Settings",
    "SignInFailure",
    "Speaker",
    "Stage",
    "Standing",
    "Subscription",
    "SubscriptionState",
    "Suggestion",
    "Topic",
    "Transcript",
    "get_settings",
]
