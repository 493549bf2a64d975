"""`Settings`: one frozen object made from defaults, `famqa.toml`, `FAMQA_*` variables and flags, the last winning."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from famqa.errors import SettingsError

DEFAULT_CORPUS = Path("corpus")
DEFAULT_EMBEDDER = "all-MiniLM-L6-v2"
DEFAULT_ENCODING = "famqa"
DEFAULT_READER = "famqa"
CLOSE_READER = "famqa-close"  # reads again what the default one found
SENTENCE_READER = "sentences"


def _names(value: Any) -> Any:
    """A text is taken apart at commas and white space."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)]
"""Several names; as a variable, with commas between them."""


class Settings(BaseSettings):
    """Everything that can be set. Paths are relative to the working directory."""

    model_config = SettingsConfigDict(
        env_prefix="FAMQA_", toml_file="famqa.toml", frozen=True, extra="forbid", env_ignore_empty=True
    )

    corpus: Path = Field(default=DEFAULT_CORPUS, description="folder of documents")
    index: Path = Field(default=Path(), description="folder of the index; without it, one for each corpus folder")
    embedder: str = Field(default=DEFAULT_EMBEDDER, description="sentence-transformers model: bundled, name or folder")
    encoding: str = Field(default=DEFAULT_ENCODING, description="tiktoken encoding that sizes passages")
    passage_tokens: int = Field(default=160, ge=16, le=2000, description="most tokens of text in a passage")
    reader: str = Field(
        default=DEFAULT_READER, description="what finds the answer: a span reader by name or folder, or 'sentences'"
    )
    read_twice: bool = Field(
        default=True, description="whether a larger model reads the likeliest passages again, after the shipped reader"
    )
    candidates: int = Field(default=8, ge=1, le=100, description="passages read for a question")
    dense_weight: float = Field(default=0.6, ge=0, le=1, description="share of the cosine in the fused score")
    answer_threshold: float | None = Field(
        default=None, ge=0, le=1, description="least probability to answer at all; without it, the reader's own"
    )
    max_citations: int = Field(default=3, ge=1, le=20, description="most citations of an answer")
    max_question_chars: int = Field(default=2000, ge=1, description="longest question taken")
    max_file_mb: int = Field(default=50, ge=1, description="largest file read, in MiB")
    parse_seconds: float = Field(default=60, gt=0, description="longest time that reading one file may take")
    parse_memory_mb: int = Field(default=1024, ge=256, description="most memory that reading one file may take, in MiB")
    keep_generations: int = Field(default=3, ge=1, description="published generations kept on disk")
    watch: bool = Field(default=False, description="whether the page's server follows changes of the folder")
    host: str = Field(default="127.0.0.1", description="address the page is served at")
    port: int = Field(default=7860, ge=0, le=65535, description="port the page is served at; 0 takes a free one")
    log_format: Literal["text", "json"] = Field(
        default="text", description="what the server logs: only problems, or each request and question as JSON lines"
    )
    log_questions: bool = Field(default=False, description="whether the text of questions is logged too")
    users_file: Path | None = Field(default=None, description="file of users; without it, nobody has to sign in")
    guests: bool = Field(default=False, description="whether visitors who have not signed in may ask")
    proxy_header: str = Field(default="", description="header in which a proxy names the user that it has signed in")
    proxy_admins: Names = Field(default=(), description="users named by the proxy who are administrators")
    trusted_proxies: Names = Field(default=(), description="addresses or networks of proxies that are believed")
    allowed_hosts: Names = Field(default=(), description="names that the server may be asked by, beside its own")
    frame_ancestors: Names = Field(default=(), description="sites that may show the page in a frame")
    rate_limit: float = Field(default=300, ge=0, description="requests a minute that one client may make; 0: any")
    rate_burst: int = Field(default=100, ge=1, description="requests that one client may make at once")

    @model_validator(mode="before")
    @classmethod
    def _index_of_corpus(cls, stated: dict[str, Any]) -> dict[str, Any]:
        """Without an index folder of its own, a corpus never overwrites the index of another."""
        if stated.get("index") is None:
            corpus = Path(stated.get("corpus") or DEFAULT_CORPUS).expanduser()
            stated["index"] = Path("indexes") / _index_name(corpus)
        return stated

    @field_validator("corpus", "index", "users_file", mode="after")
    @classmethod
    def _expand_home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def _index_name(corpus: Path) -> str:
    """ "default" for the default folder; else the folder's name with a digest of its path, such as notes-1f0c88a2."""
    if corpus == DEFAULT_CORPUS:
        return "default"
    digest = hashlib.sha256(str(corpus.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", corpus.resolve().name).strip(".-")
    return f"{name[:40] or 'corpus'}-{digest}"


def load_settings(**flags: Any) -> Settings:
    """The settings in force; a flag that is None does not count. Raises `SettingsError` in one line."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"setting '{name}' = {first['input']!r} is not usable: {first['msg']}; "
            f"check the flag --{name.replace('_', '-')}, FAMQA_{name.upper()} and famqa.toml"
        ) from None
    except ValueError as error:  # a famqa.toml that is no TOML
        raise SettingsError(f"famqa.toml cannot be read: {error}; mend or remove it") from None
