"""Raw tables: what vendors published, as they published it.

Append-only. Every row carries the `load_id` of the file or response it came
from; `raw.load` is the ledger, `raw.reject` the quarantine.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
create table raw.load (
    load_id bigint generated always as identity primary key,
    source text not null,
    dataset text not null,
    uri text not null,
    sha256 text not null,
    options jsonb not null default '{}',
    rows_read bigint not null default 0,
    rows_landed bigint not null default 0,
    rows_rejected bigint not null default 0,
    schema_version integer not null default 1,
    watermark text,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    settled_at timestamptz,
    status text not null default 'running'
        check (status in ('running', 'done', 'failed')),
    error text
);
create unique index load_bytes_once on raw.load (dataset, sha256) where status = 'done';
create index load_unsettled on raw.load (load_id) where status = 'done' and settled_at is null;

create table raw.reject (
    load_id bigint not null references raw.load,
    file text not null,
    line bigint,
    record text,
    reason text not null
);
create index reject_load on raw.reject (load_id);

create table raw.company_fact (
    load_id bigint not null,
    cik integer not null,
    taxonomy text not null,
    tag text not null,
    unit text not null,
    period_start date,
    period_end date not null,
    accession text not null,
    value double precision not null,
    form text,
    filed date not null,
    fy integer,
    fp text,
    frame text
);
create index company_fact_cik on raw.company_fact (cik, load_id);

create table raw.company_fact_entity (
    load_id bigint not null,
    cik integer not null,
    entity_name text
);

create table raw.filing (
    load_id bigint not null,
    cik integer not null,
    accession text not null,
    form text not null,
    filing_date date not null,
    report_date date,
    acceptance text,
    items text,
    is_xbrl boolean,
    size_bytes bigint,
    primary_document text
);
create index filing_accession on raw.filing (accession);
create index filing_cik on raw.filing (cik);

create table raw.filer (
    load_id bigint not null,
    cik integer not null,
    name text,
    sic text,
    sic_description text,
    entity_type text,
    fiscal_year_end text,
    state_of_incorporation text,
    tickers text[],
    exchanges text[],
    former_names jsonb
);

create table raw.filing_index (
    load_id bigint not null,
    cik integer not null,
    company_name text,
    form text not null,
    filed date not null,
    accession text not null,
    url text,
    updated_at timestamptz
);
create index filing_index_accession on raw.filing_index (accession);

create table raw.company_ticker (
    load_id bigint not null,
    cik integer not null,
    ticker text not null,
    title text,
    exchange text,
    as_of date
);

create table raw.fsds_sub (
    load_id bigint not null,
    adsh text not null,
    cik integer not null,
    name text,
    sic text,
    fye text,
    form text,
    period date,
    fy integer,
    fp text,
    filed date not null,
    accepted timestamp,
    prevrpt boolean,
    detail boolean,
    instance text,
    nciks integer,
    aciks text
);
create index fsds_sub_adsh on raw.fsds_sub (adsh);

create table raw.fsds_num (
    load_id bigint not null,
    adsh text not null,
    tag text not null,
    version text not null,
    ddate date not null,
    qtrs integer not null,
    uom text not null,
    segments text,
    coreg text,
    value double precision,
    footnote text
);
create index fsds_num_adsh on raw.fsds_num (adsh);

create table raw.fsds_tag (
    load_id bigint not null,
    tag text not null,
    version text not null,
    custom boolean,
    abstract boolean,
    datatype text,
    iord text,
    crdr text,
    tlabel text,
    doc text
);

create table raw.fsds_pre (
    load_id bigint not null,
    adsh text not null,
    report integer not null,
    line integer not null,
    stmt text,
    inpth boolean,
    rfile text,
    tag text not null,
    version text not null,
    plabel text,
    negating boolean
);

create table raw.fred_series (
    load_id bigint not null,
    series_id text not null,
    title text,
    frequency text,
    units text,
    seasonal_adjustment text,
    observation_start date,
    observation_end date,
    last_updated timestamptz
);

create table raw.fred_observation (
    load_id bigint not null,
    series_id text not null,
    observed_on date not null,
    realtime_start date,
    realtime_end date,
    value double precision
);
create index fred_observation_series on raw.fred_observation (series_id, observed_on);

create table raw.fred_vintage_date (
    load_id bigint not null,
    series_id text not null,
    vintage_date date not null
);

create table raw.fred_release_date (
    load_id bigint not null,
    release_id integer not null,
    release_name text,
    release_date date not null
);

create table raw.fred_md (
    load_id bigint not null,
    series_id text not null,
    observed_on date not null,
    value double precision,
    tcode integer
);

create table raw.daily_bar (
    load_id bigint not null,
    source_id smallint not null,
    ticker text not null,
    trade_date date not null,
    open double precision,
    high double precision,
    low double precision,
    close double precision,
    adj_close double precision,
    volume double precision
);

create table raw.minute_bar (
    load_id bigint not null,
    source_id smallint not null,
    ticker text not null,
    bar_at timestamptz not null,
    open double precision,
    high double precision,
    low double precision,
    close double precision,
    volume double precision
);

create table raw.corporate_action (
    load_id bigint not null,
    source_id smallint not null,
    ticker text not null,
    ex_date date not null,
    kind text not null check (kind in ('split', 'dividend', 'spinoff', 'delisting')),
    ratio double precision,
    amount_usd double precision,
    delisting_return double precision,
    delisting_reason text
);

create table raw.ticker_map (
    load_id bigint not null,
    source_id smallint not null,
    permanent_ticker text not null,
    ticker text not null,
    valid_from date not null,
    valid_to date,
    exchange text,
    cik integer
);

create table raw.price_factor (
    load_id bigint not null,
    source_id smallint not null,
    ticker text not null,
    factor_date date not null,
    price_factor double precision not null,
    split_factor double precision not null,
    reference_price double precision
);

create table raw.panel_item (
    load_id bigint not null,
    source_id smallint not null,
    ticker text not null,
    item text not null,
    span text not null check (span in ('instant', 'quarter', 'year')),
    period_end date,
    filed date not null,
    value double precision not null
);

create table raw.french_return (
    load_id bigint not null,
    dataset text not null,
    section text not null,
    frequency text not null check (frequency in ('daily', 'monthly', 'annual')),
    period_date date not null,
    portfolio text not null,
    value_pct double precision
);

create table raw.universe_member (
    load_id bigint not null,
    universe text not null,
    ticker text not null,
    valid_from date not null,
    valid_to date
);

create table raw.sector (
    load_id bigint not null,
    scheme text not null,
    ticker text not null,
    cik integer,
    name text,
    sector text not null,
    industry text,
    valid_from date,
    valid_to date,
    as_of date
);
"""


# Append-only tables are ordered by load: a few pages find the rows of a load.
BY_LOAD = (
    "company_fact", "filing", "fsds_num", "fsds_pre", "fred_observation", "panel_item",
    "daily_bar", "minute_bar",
)  # fmt: skip


def upgrade() -> None:
    op.execute("set local role factorium_owner")
    op.execute(TABLES)
    for table in BY_LOAD:
        op.execute(f"create index {table}_load on raw.{table} using brin (load_id)")
    # The ledger is the one raw table that is updated: a load's status and counts.
    op.execute("grant update on raw.load to factorium_ingest")
    op.execute("reset role")


def downgrade() -> None:
    op.execute(
        """
        do $$ declare relation text; begin
            for relation in
                select format('%I.%I', schemaname, tablename)
                from pg_tables where schemaname = 'raw'
            loop
                execute 'drop table ' || relation || ' cascade';
            end loop;
        end $$
        """
    )
