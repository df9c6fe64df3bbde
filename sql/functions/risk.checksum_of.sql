-- risk.checksum_of(covariance, specific_volatilities) -> text
--
-- SHA-256, in hex, of the bits of both, entry by entry.
--
-- Tested in: tests/risk/test_models.py

create or replace function risk.checksum_of(
    p_covariance double precision[], p_specific double precision[]
)
returns text
language sql
immutable
parallel safe
return encode(
    sha256(
        array_send(linalg.flatten(p_covariance))
        || array_send(coalesce(p_specific, array[]::double precision[]))
    ), 'hex'
);

comment on function risk.checksum_of(double precision[], double precision[]) is
'SHA-256 of the bits of a covariance and of specific volatilities.';
