"""What Overheard knows: tables, questions asked of them, settings, database, migrations."""

from models.account import Account, AccountSession, Role, SignInFailure
from models.api_key import ApiKey
from models.change import Change, ChangeEpoch
from models.cover import Cover
from models.episode import Episode, Raw, Transcript
from models.job import Job, JobState, Outcome, Stage
from models.person import Person, PersonDay, PersonName, PersonPodcast, PersonState
from models.podcast import Crawl, FeedBody, Host, Podcast, PodcastAddress, PodcastState
from models.queue import HaltedQueue, QueueState
from models.request import Request, RequestState
from models.settings import Settings, get_settings
from models.speaker import Appearance, Speaker
from models.topic import EpisodeTopic, Topic

__all__ = [
    "Account",
    "AccountSession",
    "ApiKey",
    "Appearance",
    "Change",
    "ChangeEpoch",
    "Cover",
    "Crawl",
    "Episode",
    "EpisodeTopic",
    "FeedBody",
    "HaltedQueue",
    "Host",
    "Job",
    "JobState",
    "Outcome",
    "Person",
    "PersonDay",
    "PersonName",
    "PersonPodcast",
    "PersonState",
    "Podcast",
    "PodcastAddress",
    "PodcastState",
    "QueueState",
    "Raw",
    "Request",
    "RequestState",
    "Role",
    "Settings",
    "SignInFailure",
    "Speaker",
    "Stage",
    "Topic",
    "Transcript",
    "get_settings",
]
