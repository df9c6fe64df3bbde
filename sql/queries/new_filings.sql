-- Filings that a feed brought after it stood at a watermark, in order of arrival.
-- Landing keeps a filing once, so what came with later loads is what is new.
-- Parameters: dataset, since (null: all of them), forms (empty: all forms)
select
    filing.cik,
    filing.accession,
    filing.form,
    filing.company_name,
    filing.filed,
    filing.url,
    filing.updated_at

from raw.filing_index as filing

inner join raw.load as load
    on filing.load_id = load.load_id

where
    load.dataset = %(dataset)s
    and load.status = 'done'
    and (
        %(since)s::text is null
        or load.load_id > (
            select min(mark.load_id)

            from raw.load as mark

            where
                mark.dataset = %(dataset)s
                and mark.status = 'done'
                and mark.watermark = %(since)s
        )
    )
    and (
        %(forms)s::text[] = '{}'
        or filing.form = any(%(forms)s)
    )

order by
    filing.updated_at,
    filing.load_id,
    filing.accession,
    filing.cik
