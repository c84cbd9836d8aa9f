"""Every setting that there is: one typed model, `Settings`, which `settings_file` fills.

Every threshold is a setting here, with its default and the reason for it. Secrets never stand in the
file: credentials come from the environment (`PREFPAIRS_REDDIT_CLIENT_ID`, ...), the key from a file of mode 0600.
A misspelt key is an error, and the message names it.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from prefpairs.config_curate import Curate, NearDuplicates
from prefpairs.config_deid import Deid
from prefpairs.config_improvement import Improvement
from prefpairs.config_pairs import Pairs
from prefpairs.config_safety import Safety
from prefpairs.config_section import Section, Share
from prefpairs.errors import ConfigError
from prefpairs.files import sha256_file, sha256_json

CONFIG_NAME = "prefpairs.toml"
SUBREDDIT_NAME = re.compile(r"[A-Za-z0-9_]{2,21}")
# <platform>:<app id>:<version> (by /u/<username>): Reddit's API rules ask for exactly this.
USER_AGENT = re.compile(r"[^:\s]+:[^:\s]+:v?[^:\s]+ \(by /?u/[A-Za-z0-9_-]{3,20}\)")


class Project(Section):
    """Who this is and where it works."""

    name: str = Field(default="prefpairs-example", pattern=r"^[a-z0-9][a-z0-9-]{1,60}$")
    series: str = Field(default="main", pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")
    """Public ids are keyed per release series, so that two series cannot be joined."""
    work: Path = Path("work")
    """Lake, candidates and keys; relative to the TOML file."""
    key_file: Path = Path("work/project.key")


class Basis(Section):
    """The legal basis, as the operator records it. Live reading and text releases refuse to start without it."""

    statement: str = ""
    """Why this data may be used: permission, research programme, licence."""
    approval_id: str = ""
    """The approval's id: ethics board, data agreement, platform approval."""

    @property
    def recorded(self) -> bool:
        """True once both are filled in."""
        return bool(self.statement.strip() and self.approval_id.strip())


class RedditSource(Section):
    """Live reading through PRAW. Credentials come from the environment."""

    user_agent: str = ""
    reddit_url: str = "https://www.reddit.com"
    oauth_url: str = "https://oauth.reddit.com"
    requests_per_minute: Annotated[float, Field(gt=0, le=100)] = 90
    """Reddit allows 100 a minute for each client id; the rest is headroom."""
    burst: Annotated[int, Field(ge=1, le=100)] = 10
    timeout_seconds: Annotated[float, Field(gt=0)] = 30
    """PRAW's own `timeout` setting is read and never used (8.0.3)."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 4
    """Tries for a call that Reddit answers with 429 or 5xx; PRAW never retries a 429."""
    max_wait_seconds: Annotated[float, Field(gt=0)] = 300
    """The longest that one retry waits, whatever Retry-After says."""
    comment_limit: Annotated[int, Field(ge=1)] = 2048
    rescore_hours: tuple[Annotated[float, Field(gt=0)], ...] = (48, 168)
    """Ages at which scores are read again: settled, and a week, to measure the drift between."""
    rescore_max_hours: Annotated[float, Field(gt=0)] = 720
    """Older items are not asked for again: ids that Reddit no longer gives cost requests for a month only."""
    lookback_hours: Annotated[float, Field(ge=0)] = 96
    """Posts younger than this are opened again for late comments."""
    listing_wall: Annotated[int, Field(ge=1)] = 900
    """Reddit ends every listing at about 1000 posts (users see 900 to 1000): older ones cannot be had."""
    window_posts: Annotated[int, Field(ge=1)] = 50
    """Posts read between two commits: the memory that a crawl needs, and what a crash has to read again."""


class Ingest(Section):
    """What is read."""

    archives: tuple[Path, ...] = ()
    """Dump files (.zst, .gz, .ndjson, .jsonl, .json) or folders of them; relative to the TOML file."""
    counselchat: tuple[Path, ...] = ()
    """CounselChat CSV files."""
    subreddits: tuple[str, ...] = ()
    """Communities to keep, in any case; empty keeps every community of the archives."""
    live: bool = False
    """Read the subreddits from Reddit too."""
    reddit: RedditSource = RedditSource()
    max_window_bytes: Annotated[int, Field(ge=1 << 20, le=1 << 31)] = 1 << 31
    """Pushshift's and Arctic Shift's frames use a window of 2^31 bytes."""
    max_line_bytes: Annotated[int, Field(ge=1 << 10)] = 1 << 24
    """A longer line is quarantined: Reddit's longest records are well under 1 MiB."""
    max_expansion: Annotated[int, Field(ge=10)] = 2000
    """Decompressed bytes for one compressed byte. Dumps reach 10 to 20; a bomb reaches 30,000."""

    @field_validator("subreddits")
    @classmethod
    def _subreddits_are_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not SUBREDDIT_NAME.fullmatch(name):
                msg = "a subreddit is 2 to 21 letters, digits or underscores, without r/"
                raise ValueError(msg)
            if name.lower().startswith("u_"):
                msg = "u_... is the profile of a person, not a community"
                raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _live_needs_names(self) -> Self:
        if self.live and not self.subreddits:
            msg = "live = true needs subreddits to read"
            raise ValueError(msg)
        return self


class Audit(Section):
    """What the audit shows to a steward, and from where on it warns."""

    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Of every interval in the report."""
    max_leaking_share: Share = 0.01
    """The upper bound on texts that keep a direct identifier may not be above this. A usual bound for release
    behind an agreement; 0.003 for a wider one."""
    min_count: Annotated[int, Field(ge=1)] = 10
    """A smaller count of real people's texts is not shown (statistical offices use 5 to 11)."""
    word_min_threads: Annotated[int, Field(ge=2)] = 20
    """A word is shown if as many threads, by as many authors, hold it: a name of one person is then unlikely."""
    words_shown: Annotated[int, Field(ge=1)] = 40
    near_threshold: Share = 0.15
    """A detection this little under the score threshold counts as just below it."""
    sample_texts: Annotated[int, Field(ge=1)] = 1000
    """Texts searched once more without a threshold, to see what lies below it."""
    drift_fall: Share = 0.5
    """An entity type whose density falls by more than this is an alarm: most often a recognizer has died."""
    drift_rise: Annotated[float, Field(gt=0)] = 1.0
    """So is one that rises by more than this: 1 is a doubling. Most often something harmless is being masked."""
    drift_min_hits: Annotated[int, Field(ge=1)] = 100
    """Fewer spans than this, before and now, change by chance."""


class Quality(Section):
    """The gate in front of a candidate."""

    min_pairs: Annotated[int, Field(ge=1)] = 1


class Release(Section):
    """What a version is and where it goes."""

    target: Literal["directory", "hub"] = "directory"
    directory: Path = Path("releases")
    """A folder with the Hub's layout; relative to the TOML file."""
    endpoint: str = "https://huggingface.co"
    repo_id: str = ""
    visibility: Literal["private", "public"] = "private"
    mode: Literal["text", "labels-only"] = "text"
    """labels-only publishes ids and labels: no text, and no legal basis needed."""
    pretty_name: str = "Community preference pairs"
    license: str = "other"
    license_name: str = "data-use-agreement"
    gated_prompt: str = "You agree not to identify anyone, and to move to the newest version when told to."
    contact: str = ""
    max_rows_per_file: Annotated[int, Field(ge=1000)] = 1_000_000
    hub_attempts: Annotated[int, Field(ge=1, le=10)] = 4
    """Tries for a call that the Hub answers with 429 or 5xx. Before each, what did happen is read back."""
    hub_wait_seconds: Annotated[float, Field(ge=0)] = 2
    """The wait before the second try; each later one waits twice as long."""


class Credentials(BaseSettings):
    """Secrets, from the environment only. Their `repr` hides them."""

    model_config = SettingsConfigDict(env_prefix="PREFPAIRS_", env_ignore_empty=True, extra="ignore")

    reddit_client_id: SecretStr | None = None
    reddit_client_secret: SecretStr | None = None
    hub_token: SecretStr | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _without_line_end(cls, value: object) -> object:
        # A secret that was read from a file ends in one, and no HTTP header may hold it.
        return value.strip() if isinstance(value, str) else value


class Settings(Section):
    """Everything that a run depends on, besides its input and the secrets."""

    project: Project = Project()
    basis: Basis = Basis()
    ingest: Ingest = Ingest()
    curate: Curate = Curate()
    near_duplicates: NearDuplicates = NearDuplicates()
    safety: Safety = Safety()
    pairs: Pairs = Pairs()
    improvement: Improvement = Improvement()
    deid: Deid = Deid()
    audit: Audit = Audit()
    quality: Quality = Quality()
    release: Release = Release()
    root: Path = Field(default=Path(), exclude=True)
    """The folder of the TOML file; relative paths start here."""

    @model_validator(mode="before")
    @classmethod
    def _deid_files_start_at_the_file(cls, given: Any) -> Any:
        # Workers are given `Deid` alone, which does not know where the TOML file is.
        section = given.get("deid") if isinstance(given, dict) else None
        if not isinstance(section, dict) or "root" not in given:
            return given
        root, section = Path(given["root"]), dict(section)
        pipeline, gazetteers = section.get("spacy_pipeline"), section.get("gazetteers")
        if isinstance(pipeline, str) and "/" in pipeline:
            section["spacy_pipeline"] = str((root / pipeline).absolute())
        if isinstance(gazetteers, dict):
            section["gazetteers"] = {
                name: (root / path).absolute() if isinstance(path, str) else path
                for name, path in gazetteers.items()
            }
        return {**given, "deid": section}

    @property
    def work(self) -> Path:
        """The working folder, absolute."""
        return self.path(self.project.work)

    @property
    def lake_folder(self) -> Path:
        """Where the tables are."""
        return self.work / "lake"

    @property
    def candidates_folder(self) -> Path:
        """Where candidates wait for a sign-off."""
        return self.work / "candidates"

    @property
    def audit_folder(self) -> Path:
        """Where the reports of the audits are."""
        return self.work / "audit"

    @property
    def labels_folder(self) -> Path:
        """Where the report on labels and the parameters of the exposure model are."""
        return self.work / "labels"

    @property
    def release_folder(self) -> Path:
        """Where the directory target publishes."""
        return self.path(self.release.directory)

    def path(self, path: Path) -> Path:
        """Resolve a path of the configuration against the TOML file's folder."""
        return (self.root / path).absolute()

    @property
    def config_hash(self) -> str:
        """SHA-256 of what decides the content of a version. Paths, workers and targets do not."""
        return sha256_json(self.content_settings())

    def pairs_content(self) -> dict[str, Any]:
        """Return the settings of pairing, as JSON: frozen exposure parameters as the hash of their file.

        Raises
        ------
        ConfigError
            If that file cannot be read.

        """
        content = self.pairs.model_dump(mode="json")
        if (frozen := self.pairs.exposure.parameters) is not None:
            try:
                content["exposure"]["parameters"] = sha256_file(self.path(frozen))
            except OSError:
                msg = (
                    f"pairs.exposure.parameters: {frozen} cannot be read. Name an exposure.json, or leave it out."
                )
                raise ConfigError(msg) from None
        return content

    def content_settings(self) -> dict[str, Any]:
        """Return the settings that decide the content of a version, as JSON."""
        return {
            "series": self.project.series,
            "basis": self.basis.model_dump(mode="json"),
            "subreddits": sorted(name.lower() for name in self.ingest.subreddits),
            "curate": self.curate.model_dump(mode="json"),
            "near_duplicates": self.near_duplicates.model_dump(mode="json"),
            "safety": self.safety.content_settings(root=self.root),
            "pairs": self.pairs_content(),
            "improvement": self.improvement.content_settings(),
            "deid": self.deid.content_settings(),
            "release": self.release.model_dump(
                mode="json",
                include={"mode", "pretty_name", "license", "license_name", "gated_prompt", "contact"},
            ),
        }
