"""Reference tables: securities, tickers, sectors, universes, calendar, sources.

Validity ranges are half-open dates `[valid_from, valid_to)`, null `valid_to`
meaning "until further notice"; exclusion constraints on `int4range` and
`daterange` keep them from overlapping (no btree_gist on the embedded server).
"""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
create table ref.data_source (
    source_id smallint generated always as identity primary key,
    name text not null unique,
    split_basis text not null default 'unadjusted'
        check (split_basis in ('unadjusted', 'adjusted')),
    dividend_basis text not null default 'unadjusted'
        check (dividend_basis in ('unadjusted', 'adjusted')),
    retrieved_on date,
    priority integer not null default 100,
    loaded_at timestamptz not null default now()
);
comment on table ref.data_source is
'Where bars, actions and panels come from, with the basis of their prices.';
comment on column ref.data_source.split_basis is
'unadjusted: close as traded. adjusted: close divided by the splits up to retrieved_on.';
comment on column ref.data_source.priority is 'Lower wins where two sources give the same day.';

create table ref.company (
    company_id integer generated always as identity primary key,
    cik integer unique,
    name text,
    sic text,
    fiscal_year_end text,
    loaded_at timestamptz not null default now()
);

create table ref.security (
    security_id integer generated always as identity primary key,
    permanent_ticker text not null unique,
    company_id integer references ref.company,
    name text,
    share_class text,
    is_primary boolean not null default true,
    loaded_at timestamptz not null default now()
);
create index security_company on ref.security (company_id);

create table ref.ticker (
    ticker_id integer generated always as identity primary key,
    ticker text not null unique
);

create table ref.ticker_history (
    security_id integer not null references ref.security,
    ticker_id integer not null references ref.ticker,
    valid_from date not null,
    valid_to date,
    is_backfilled boolean not null default false,
    loaded_at timestamptz not null default now(),
    check (valid_to is null or valid_from < valid_to),
    exclude using gist (
        int4range(ticker_id, ticker_id, '[]') with &&,
        daterange(valid_from, valid_to) with &&
    ),
    exclude using gist (
        int4range(security_id, security_id, '[]') with &&,
        daterange(valid_from, valid_to) with &&
    )
);
comment on table ref.ticker_history is
'Which security a ticker meant, and when. A ticker means one security at a time.';

comment on column ref.security.permanent_ticker is
'The name a security keeps through ticker changes: its ticker in the newest map.';

create table ref.cik_history (
    company_id integer not null references ref.company,
    cik integer not null,
    valid_from date not null,
    valid_to date,
    is_backfilled boolean not null default false,
    loaded_at timestamptz not null default now(),
    exclude using gist (
        int4range(cik, cik, '[]') with &&,
        daterange(valid_from, valid_to) with &&
    )
);

create table ref.sector_history (
    security_id integer not null references ref.security,
    scheme text not null default 'gics',
    sector text not null,
    industry text,
    valid_from date not null,
    valid_to date,
    is_backfilled boolean not null default false,
    loaded_at timestamptz not null default now(),
    exclude using gist (
        int4range(security_id, security_id, '[]') with &&,
        daterange(valid_from, valid_to) with &&
    )
);

create table ref.universe (
    universe_id integer generated always as identity primary key,
    name text not null unique,
    description text not null,
    size integer
);
insert into ref.universe (name, description, size) values
('all', 'Every listed security: the coverage universe.', null),
('sp500', 'S&P 500 by membership spells.', null),
('top_1000', 'The 1,000 largest by company market cap at each June''s last session.', 1000),
('top_3000', 'The 3,000 largest by company market cap at each June''s last session.', 3000);

create table ref.universe_member (
    universe_id integer not null references ref.universe,
    security_id integer not null references ref.security,
    valid_from date not null,
    valid_to date,
    is_backfilled boolean not null default false,
    loaded_at timestamptz not null default now(),
    exclude using gist (
        int4range(universe_id, universe_id, '[]') with &&,
        int4range(security_id, security_id, '[]') with &&,
        daterange(valid_from, valid_to) with &&
    )
);

create table ref.session (
    session_date date primary key,
    session_no integer not null unique,
    open_at timestamptz not null,
    close_at timestamptz not null,
    is_month_end boolean not null,
    is_week_end boolean not null
);
comment on table ref.session is
'Sessions of the New York Stock Exchange (XNYS), from exchange_calendars.';
create index session_close on ref.session (close_at);

create table ref.concept_override (
    taxonomy text not null,
    tag text not null,
    item text not null,
    priority integer not null,
    sign integer not null default 1,
    industry text,
    reason text not null,
    primary key (taxonomy, tag, item)
);
comment on table ref.concept_override is
'A user''s own mapping of XBRL concepts; wins over the seed concept_map.';
"""


def upgrade() -> None:
    op.execute("set local role factorium_owner")
    op.execute(TABLES)
    op.execute("reset role")


def downgrade() -> None:
    op.execute(
        """
        do $$ declare relation text; begin
            for relation in
                select format('%I.%I', schemaname, tablename)
                from pg_tables where schemaname = 'ref'
            loop
                execute 'drop table ' || relation || ' cascade';
            end loop;
        end $$
        """
    )
