"""All tables: importing this registers them in SQLModel's metadata."""

from models.account import Account, AccountSession, Role, SignInFailure
from models.api_key import ApiKey
from models.back_catalogue import BackCatalogue, PagesState
from models.change import Change, ChangeEpoch
from models.cover import Cover
from models.episode import Episode, Raw, Transcript
from models.identity import IdentityEvent, Judgement, Suggestion
from models.job import Job, JobState, Outcome, Stage
from models.look import PastLook, Subscription, SubscriptionState
from models.measured import Measured
from models.mention import Mention
from models.person import Person, PersonAddress, PersonDay, PersonName, PersonPodcast, PersonState
from models.podcast import (
    Crawl,
    FeedBody,
    Host,
    Podcast,
    PodcastAddress,
    PodcastState,
    PodcastVoices,
)
from models.queue import HaltedQueue, QueueState
from models.request import Request, RequestState
from models.speaker import Appearance, Speaker, Standing
from models.topic import EpisodeTopic, Topic

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
    "SignInFailure",
    "Speaker",
    "Stage",
    "Standing",
    "Subscription",
    "SubscriptionState",
    "Suggestion",
    "Topic",
    "Transcript",
]
