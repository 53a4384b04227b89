"""The settings of language, blog, plans, links and store charts; they are a part of Settings."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings


class MenuSettings(BaseSettings):
    """What is published, what an API key may use, and which directories are searched."""

    language: Literal["en", "de", "es", "fr"] = Field(
        default="en",
        description="Language of the pages for readers who chose none, and whose browser asks for "
        "none that there is.",
    )
    blog_digests: bool = Field(
        default=True,
        description="Whether digests of weeks, months and years are published on the blog.",
    )
    blog_posts: Path | None = Field(
        default=None,
        description="Folder of your own posts: Markdown files with front matter (title, date).",
    )
    plans: Path | None = Field(
        default=None,
        description="TOML file with the plans of API keys and accounts. Without it nothing is "
        "limited by a plan or metered.",
    )
    usage_log_days: int = Field(
        default=400,
        ge=0,
        description="Days after which metered requests are replaced by exact daily sums; 0: never.",
    )
    pricing_page: bool = Field(
        default=True, description="Whether the page Pricing shows the plans."
    )
    apple_url: str = Field(
        default="https://itunes.apple.com",
        description="Where Apple's lookup, search and top lists are reached.",
    )
    store_charts: str = Field(
        default="",
        description="Top lists of Apple Podcasts to poll and show: us, de, us/1303 (country and "
        "genre). Empty: none.",
    )
    podcast_index_url: str = Field(
        default="https://api.podcastindex.org/api/1.0",
        description="Where the API of the Podcast Index is reached.",
    )
    podcast_index_key: SecretStr | None = Field(
        default=None, description="Your key for the Podcast Index. Empty: its links are refused."
    )
    podcast_index_secret: SecretStr | None = Field(
        default=None, description="The secret of that key."
    )
    directory: Literal["apple", "podcast_index", "none"] = Field(
        default="apple",
        description="Directory in which podcasts are searched for by name. none: no directory is "
        "used, and links to Apple, Spotify and the Podcast Index cannot be resolved. "
        "podcast_index: needs its key and secret.",
    )

    @field_validator("directory")
    @classmethod
    def _check_directory(cls, directory: str, info: ValidationInfo) -> str:
        names = ("podcast_index_key", "podcast_index_secret")
        if directory == "podcast_index" and not all(map(info.data.get, names)):
            needed = "OVERHEARD_PODCAST_INDEX_KEY and OVERHEARD_PODCAST_INDEX_SECRET"
            raise ValueError(f"podcast_index needs {needed}, from api.podcastindex.org")
        return directory
