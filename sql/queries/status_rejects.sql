-- The newest rejected records with file, line and reason.
-- Parameters: max_rows
select
    reject.load_id,
    load.dataset,
    reject.file,
    reject.line,
    reject.reason,
    left(reject.record, 200) as record

from raw.reject as reject

inner join raw.load as load
    on reject.load_id = load.load_id

order by reject.load_id desc, reject.line

limit %(max_rows)s
