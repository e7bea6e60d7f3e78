"""The tables of the catalogue as they are now; `migrations` says how they came to be."""

from sqlalchemy import BigInteger, Column, Double, Integer, MetaData, String, Table

METADATA = MetaData()

logs = Table(
    "logs",
    METADATA,
    Column("sha256", String, primary_key=True),
    Column("file", String, nullable=False),
    Column("name", String, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("created", String, nullable=False),
    Column("dropped", String),
)

studies = Table(
    "studies",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("definition", String, nullable=False),
    Column("facts", String),
    Column("log_sha256", String),
    Column("status", String, nullable=False),
    Column("doing", String, nullable=False, default=""),
    Column("share", Double, nullable=False, default=0.0),
    Column("error", String),
    Column("readout_id", String),
    Column("summary", String),
    Column("left_out", String),
    Column("sample", String),
    Column("created", String, nullable=False),
    Column("saved", String, nullable=False),
    Column("deleted_at", String),
    Column("previous_id", String),
    Column("tags", String, nullable=False, default="[]"),
    Column("archived", String),
    Column("owner", String, nullable=False, default=""),
    Column("level", String, nullable=False, default="company"),
    Column("run", String),
    Column("beat", Double, nullable=False, default=0.0),
)

readouts = Table(
    "readouts",
    METADATA,
    Column("study_id", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("content", String, nullable=False),
    Column("created", String, nullable=False),
)

samples = Table(
    "samples",
    METADATA,
    Column("name", String, primary_key=True),
    Column("created", String, nullable=False),
)

# What links show: a copy that outlives the study and its log.
frozen = Table(
    "frozen",
    METADATA,
    Column("sha256", String, primary_key=True),
    Column("content", String, nullable=False),
)

links = Table(
    "links",
    METADATA,
    Column("id", String, primary_key=True),
    Column("token_sha256", String, nullable=False, unique=True),
    Column("frozen_sha256", String, nullable=False),
    Column("study_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("created", String, nullable=False),
    Column("expires", String, nullable=False),
    Column("turned_off", String),
    Column("opened_day", String),
)

audit = Table(
    "audit",
    METADATA,
    Column("id", String, primary_key=True),
    Column("at", String, nullable=False),
    Column("who", String, nullable=False),
    Column("what", String, nullable=False),
    Column("object", String, nullable=False),
)

schema = Table("schema", METADATA, Column("version", Integer, nullable=False))
