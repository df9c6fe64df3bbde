-- How far the loads of one document of a dataset have come; null before the first.
-- Parameters: dataset, uri
select max(watermark) as watermark

from raw.load

where
    dataset = %(dataset)s
    and uri = %(uri)s
    and status = 'done'
